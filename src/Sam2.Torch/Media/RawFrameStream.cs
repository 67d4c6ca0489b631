namespace Sam2.Torch.Media;

/// <summary>Cuts a pipe of raw RGB into frames and turns a bad end into an error after the frames that could be decoded.</summary>
internal sealed class RawFrameStream(
    string path, VideoInfo info, VideoReadOptions options, int width, int height, IMediaPipe pipe) : IFrameStream
{
    private long _frames;

    public RgbImage? Next()
    {
        var pixels = GC.AllocateUninitializedArray<byte>(checked(width * height * 3));
        int have = 0;
        int got;
        pipe.Watch();
        while (have < pixels.Length && (got = pipe.Stream.Read(pixels, have, pixels.Length - have)) > 0)
        {
            have += got;
            pipe.Watch();
        }

        if (have == pixels.Length)
        {
            pipe.Unwatch();
            _frames++;
            return new RgbImage(width, height, pixels);
        }

        Finish(have > 0);
        return null;
    }

    public void Dispose() => pipe.Dispose();

    private void Finish(bool halfFrame)
    {
        var (exitCode, messages) = pipe.Finish();
        if (exitCode == Ffmpeg.InterruptedExitCode)
        {
            throw new OperationCanceledException("ffmpeg was interrupted.");
        }

        bool failed = exitCode != 0 || halfFrame || (messages.Length > 0 && IsShort());
        if (failed)
        {
            string expected = info.ExpectedFrameCount is { } count ? $" of about {count}" : "";
            throw new MediaException(
                path,
                _frames == 0 ? $"cannot be decoded ({Ffmpeg.Summarise(messages)})" : $"ends early: {options.Start + (_frames * options.Stride)}{expected} frames could be decoded ({Ffmpeg.Summarise(messages)})",
                "The file is damaged or cut off; copy it again");
        }

        if (_frames == 0 && options.Start == 0)
        {
            throw new MediaException(path, "has no frame that could be decoded", "The file is probably damaged");
        }
    }

    /// <summary>Whether clearly fewer frames came than were announced; ffmpeg also complains about harmless flaws.</summary>
    private bool IsShort()
    {
        if (_frames == options.Count)
        {
            return false;
        }

        // Unknown lengths give complaints the benefit of the doubt in the other direction.
        return info.ExpectedFrameCount is not { } expected
            || options.Start + ((_frames + 1) * options.Stride) < expected - (info.FrameCount is null ? Math.Max(2, expected / 50) : 0);
    }
}
