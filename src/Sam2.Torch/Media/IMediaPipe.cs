namespace Sam2.Torch.Media;

/// <summary>A running ffmpeg with one raw stream: what it decodes, or what it is to encode. Disposing ends it.</summary>
internal interface IMediaPipe : IDisposable
{
    /// <summary>The raw bytes: to be read from a decoder, to be written to an encoder.</summary>
    Stream Stream { get; }

    /// <summary>Starts the watchdog, or tells it that bytes flow. Called before and while waiting for ffmpeg.</summary>
    void Watch();

    /// <summary>Stops the watchdog: from here on it is us who are slow.</summary>
    void Unwatch();

    /// <summary>Closes the stream, waits for the end and returns the exit code and what ffmpeg said.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="MediaException">It made no progress for too long.</exception>
    (int ExitCode, string Messages) Finish();
}
