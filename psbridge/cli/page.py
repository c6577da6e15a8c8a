"""The example of the PowerShell ChatApi page, call by call, as Python.

Its one home: `psbridge demo` shows it, `examples/python/chat_api_page.py` runs it, the tests compare it with
the page. It must know nothing but the cmdlets.

PowerShell itself cannot parse the page in four places. Three empty hash literals have one entry here, and the
command that a repeated block cuts in two after `-Modalities` is one command; nothing else is changed.
"""

from __future__ import annotations

from typing import Any


def run(ps: Any) -> Any:
    """Every call of the page, in the page's order; gives the reply.

    Args:
        ps: the module `psbridge`, or whatever has its cmdlets and wants to see the calls.

    Raises:
        PSBridgeError: the request could not be built, or the call failed.
    """
    ps.Get_Configuration()  # here a script may set BaseUrl, AccessToken and the rest
    return ps.New_ChatCompletion(CreateChatCompletionRequest=build_request(ps))


def build_request(ps: Any) -> Any:
    """The page's `Initialize-*` calls alone; gives the request."""
    request_audio = ps.Initialize_ChatCompletionRequestAssistantMessageAudio(Id="MyId")

    tool_call_function = ps.Initialize_ChatCompletionMessageToolCallFunction(
        Name="MyName", Arguments="MyArguments"
    )
    tool_call = ps.Initialize_ChatCompletionMessageToolCall(
        Id="MyId", Type="function", VarFunction=tool_call_function
    )

    message_function_call = ps.Initialize_ChatCompletionRequestAssistantMessageFunctionCall(
        Arguments="MyArguments", Name="MyName"
    )
    message = ps.Initialize_ChatCompletionRequestMessage(
        Content="MyContent",
        Role="function",
        Name="MyName",
        Refusal="MyRefusal",
        Audio=request_audio,
        ToolCalls=tool_call,
        FunctionCall=message_function_call,
        ToolCallId="MyToolCallId",
    )

    # Builders called with nothing: what they give leaves the parameter it is passed to open.
    model = ps.Initialize_CreateChatCompletionRequestModel()
    prediction_content_content = ps.Initialize_PredictionContentContent()
    prediction = ps.Initialize_PredictionContent(Type="content", Content=prediction_content_content)

    audio = ps.Initialize_CreateChatCompletionRequestAudio(Voice="alloy", Format="wav")

    json_schema = ps.Initialize_ResponseFormatJsonSchemaJsonSchema(
        Description="MyDescription", Name="MyName", Schema={"key_example": "MyInner"}, Strict=False
    )
    response_format = ps.Initialize_CreateChatCompletionRequestResponseFormat(
        Type="text", JsonSchema=json_schema
    )

    stop = ps.Initialize_CreateChatCompletionRequestStop()
    stream_options = ps.Initialize_ChatCompletionStreamOptions(IncludeUsage=False)

    function_object = ps.Initialize_FunctionObject(
        Description="MyDescription", Name="MyName", Parameters={"key_example": "MyInner"}, Strict=False
    )
    tool = ps.Initialize_ChatCompletionTool(Type="function", VarFunction=function_object)

    tool_choice_function = ps.Initialize_AssistantsNamedToolChoiceFunction(Name="MyName")
    tool_choice = ps.Initialize_ChatCompletionToolChoiceOption(
        Type="function", VarFunction=tool_choice_function
    )

    function_call = ps.Initialize_CreateChatCompletionRequestFunctionCall(Name="MyName")
    functions = ps.Initialize_ChatCompletionFunctions(
        Description="MyDescription", Name="MyName", Parameters={"key_example": "MyInner"}
    )
    return ps.Initialize_CreateChatCompletionRequest(
        Messages=message,
        Model=model,
        Store=False,
        ReasoningEffort="low",
        Metadata={"key_example": "MyInner"},
        FrequencyPenalty=0,
        LogitBias={"key_example": 0},
        Logprobs=False,
        TopLogprobs=0,
        MaxTokens=0,
        MaxCompletionTokens=0,
        N=1,
        Modalities="text",
        Prediction=prediction,
        Audio=audio,
        PresencePenalty=0,
        ResponseFormat=response_format,
        Seed=0,
        ServiceTier="auto",
        Stop=stop,
        Stream=False,
        StreamOptions=stream_options,
        Temperature=1,
        TopP=1,
        Tools=tool,
        ToolChoice=tool_choice,
        ParallelToolCalls=False,
        User="user-1234",
        FunctionCall=function_call,
        Functions=functions,
    )
