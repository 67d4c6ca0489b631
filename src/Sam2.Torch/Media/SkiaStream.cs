using SkiaSharp;

namespace Sam2.Torch.Media;

/// <summary>
/// A file as Skia's decoders read it. SkiaSharp's own stream makes an array as long as a decoder asks for, and lets exceptions pass through native code, which
/// ends the process: a damaged bitmap of 130 bytes did either. Here a read gets what the file has, straight into the decoder's memory, and a file that can't be
/// read ends early.
/// </summary>
/// <param name="file">The file, which stays the caller's; it can seek.</param>
internal sealed unsafe class SkiaStream(Stream file) : SKAbstractManagedStream
{
    private const int LongestSpan = 1 << 20;

    protected override IntPtr OnRead(IntPtr buffer, IntPtr size) => Guard(() => Read(buffer, size));

    protected override IntPtr OnPeek(IntPtr buffer, IntPtr size) => Guard(() =>
    {
        long start = file.Position;
        var read = Read(buffer, size);
        file.Position = start;
        return read;
    });

    protected override bool OnIsAtEnd() => Guard(() => file.Position >= file.Length, atFailure: true);

    protected override bool OnHasPosition() => true;

    protected override bool OnHasLength() => true;

    protected override bool OnRewind() => OnSeek(0);

    protected override IntPtr OnGetPosition() => Guard(() => checked((nint)file.Position));

    protected override IntPtr OnGetLength() => Guard(() => checked((nint)file.Length));

    protected override bool OnSeek(IntPtr position) => Guard(() =>
    {
        // Sizes have no sign in Skia: what is negative here is beyond any file.
        file.Position = position < 0 ? file.Length : Math.Min(position, file.Length);
        return true;
    });

    protected override bool OnMove(int offset) => Guard(() =>
    {
        file.Position = Math.Clamp(file.Position + offset, 0, file.Length);
        return true;
    });

    protected override IntPtr OnCreateNew() => IntPtr.Zero;

    private nint Read(IntPtr buffer, IntPtr size)
    {
        long left = Math.Max(0, file.Length - file.Position);
        long wanted = size < 0 ? left : Math.Min(size, left);
        if (buffer == IntPtr.Zero)
        {
            // Skia skips bytes by reading them to nowhere.
            file.Position += wanted;
            return checked((nint)wanted);
        }

        nint have = 0;
        int got;
        while (have < wanted && (got = file.Read(new Span<byte>((byte*)buffer + have, (int)Math.Min(wanted - have, LongestSpan)))) > 0)
        {
            have += got;
        }

        return have;
    }

    /// <summary>No exception may reach native code. A decoder reports what is missing.</summary>
    private static T Guard<T>(Func<T> read, T atFailure = default!)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException or OverflowException)
        {
            return atFailure;
        }
    }
}
