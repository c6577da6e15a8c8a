// A C# program that embeds psbridge and calls ChatApi by the names of the C# page.
//
//   ChatConsole "What is a cmdlet?"
//
// PYTHONNET_PYDLL names Python's library (libpython3.12.so, python312.dll); PSBRIDGE_PYTHON the interpreter that
// has psbridge. The key and the address come from OPENAI_API_KEY and OPENAI_BASE_URL.

using Python.Runtime;

if (args.Length != 1)
{
    Console.Error.WriteLine("usage: ChatConsole <question>");
    return 2;
}

using var python = new EmbeddedPython();
using (Py.GIL())
{
    // The table is a .NET Dictionary: psbridge takes it as it takes a Python dict.
    dynamic dotnet = Py.Import("psbridge.dotnet");
    dotnet.load();
    dynamic psbridge = Py.Import("psbridge");
    dynamic api = psbridge.ChatApi();
    var request = new Dictionary<string, object>
    {
        ["model"] = "gpt-4o",
        ["messages"] = new[] { new Dictionary<string, object> { ["role"] = "user", ["content"] = args[0] } },
        ["temperature"] = 0.5m,
    };
    try
    {
        var reply = api.CreateChatCompletion(dotnet.from_dotnet(request));
        Console.WriteLine((string?)reply.choices[0].message.content);
        return 0;
    }
    catch (PythonException error) when (error.Type.Name.StartsWith("Api", StringComparison.Ordinal))
    {
        using var failure = error.Value!;
        using var id = failure.GetAttr("error_id");
        using var message = failure.GetAttr("message");
        Console.Error.WriteLine($"{id}: {message}");
        return 1;
    }
}

/// <summary>Python in this process, from its start to its end.</summary>
internal sealed class EmbeddedPython : IDisposable
{
    private readonly IntPtr threads;

    public EmbeddedPython()
    {
        var program = Environment.GetEnvironmentVariable("PSBRIDGE_PYTHON");
        if (!string.IsNullOrEmpty(program))
        {
            PythonEngine.ProgramName = program;
        }
        PythonEngine.Initialize();
        threads = PythonEngine.BeginAllowThreads();
    }

    public void Dispose()
    {
        PythonEngine.EndAllowThreads(threads);
        PythonEngine.Shutdown();
    }
}
