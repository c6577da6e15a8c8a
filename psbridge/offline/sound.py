"""Audio for the audio modality: a twentieth of a second of silence, made here, never recorded.

`wav` is a complete WAV file and `pcm16` its raw samples. There is no encoder for the other formats, so they
get the WAV file too: enough to test how audio travels, not to be played as mp3.
"""

from __future__ import annotations

import base64
import functools
import io
import wave

RATE = 24_000
SAMPLES = RATE // 20
#: Audio tokens one reply is counted as.
TOKENS = 1


@functools.cache
def encoded(form: str) -> str:
    """The silence in `form` (`wav`, `pcm16`, ...) as base64."""
    silence = bytes(2 * SAMPLES)
    if form == "pcm16":
        return base64.b64encode(silence).decode()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(silence)
    return base64.b64encode(file.getvalue()).decode()
