using System.Buffers.Binary;
using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>
/// Raw frames with a time for each, as ffmpeg reads them from a pipe: in an IVF container, which is 32 bytes at the beginning and 12 before
/// each frame, and counts time in any unit. Raw video as such has a constant rate.
/// </summary>
internal sealed class TimedFrames
{
    /// <summary>ffmpeg's MP4 counts in units below a ten thousandth of a second, and divides larger ones after filters of packets have seen them.</summary>
    private const int LeastPerSecond = 10_000;

    private const int MostPerSecond = 1_000_000;

    /// <summary>What ffmpeg calls raw RGB of 24 bits.</summary>
    private static ReadOnlySpan<byte> FourLetters => "RGB\u0018"u8;

    private readonly int _width, _height, _perSecond;
    private readonly long _step;
    private long? _last;
    private TimeSpan? _origin;

    /// <summary>Begins a video.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="width">Width of the frames in pixels.</param>
    /// <param name="height">Height of the frames in pixels.</param>
    /// <param name="rate">How long frames are shown of which no time is known.</param>
    /// <param name="unit">The unit in which times are counted, as a fraction of a second.</param>
    /// <exception cref="MediaException">The frames are larger than H.264 allows.</exception>
    public TimedFrames(string path, int width, int height, FrameRate rate, (int Numerator, int Denominator) unit)
    {
        if (width > ushort.MaxValue || height > ushort.MaxValue)
        {
            throw new MediaException(path, $"cannot have frames of {width}×{height} pixels", "Scale them down");
        }

        (_width, _height, _perSecond) = (width, height, unit.Denominator);
        while (_perSecond < LeastPerSecond)
        {
            _perSecond *= 2;
        }

        // What is a multiple of the unit is one of a part of it, too.
        _perSecond = Math.Min(_perSecond, MostPerSecond);
        _step = Math.Max((long)Math.Round((double)_perSecond * rate.Denominator / rate.Numerator), 1);

        // Where frames are stored in another order than they are shown in, as x264 likes to, ffmpeg's MP4 may end before its last frame. That frame's
        // duration is all that the filter of packets decides: the others end where the next one begins.
        OutputOptions =
        [
            .. Ffmpeg.PassThrough(path), "-enc_time_base", string.Create(CultureInfo.InvariantCulture, $"1:{_perSecond}"), "-bf", "0",
            .. IsMatroska(path) ? Array.Empty<string>() : ["-bsf:v", string.Create(CultureInfo.InvariantCulture, $"setts=duration={_step}")],
        ];
    }

    /// <summary>
    /// Options that make ffmpeg read it. The header says everything, so it needn't look at the frames first; it would look at up to 5 MB of them
    /// before it encodes one, and leave a file without any where it is interrupted earlier.
    /// </summary>
    public string[] InputOptions { get; } = ["-probesize", "32", "-analyzeduration", "0", "-f", "ivf", "-c:v", "rawvideo"];

    /// <summary>Options that make ffmpeg keep the times.</summary>
    public string[] OutputOptions { get; }

    /// <summary>Writes what stands before a frame.</summary>
    /// <param name="stream">Where to; the pixels follow.</param>
    /// <param name="time">When it is shown; null if as long after the last one as the rate says.</param>
    public void WriteHeader(Stream stream, TimeSpan? time)
    {
        Span<byte> header = stackalloc byte[32];
        if (_last is null)
        {
            header.Clear();
            "DKIF"u8.CopyTo(header);
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)header.Length);
            FourLetters.CopyTo(header[8..]);
            BinaryPrimitives.WriteUInt16LittleEndian(header[12..], (ushort)_width);
            BinaryPrimitives.WriteUInt16LittleEndian(header[14..], (ushort)_height);
            BinaryPrimitives.WriteInt32LittleEndian(header[16..], _perSecond);
            BinaryPrimitives.WriteInt32LittleEndian(header[20..], 1);
            stream.Write(header);
        }

        _last = NextTime(time);
        BinaryPrimitives.WriteInt32LittleEndian(header, checked(_width * _height * 3));
        BinaryPrimitives.WriteInt64LittleEndian(header[4..], _last.Value);
        stream.Write(header[..12]);
    }

    /// <summary>Times increase, and begin with 0.</summary>
    private long NextTime(TimeSpan? time)
    {
        if (time is not { } given)
        {
            return _last is { } last ? last + _step : 0;
        }

        // Where the first frames have no time, those that have one go on from there.
        _origin ??= _last is { } before ? given - TimeSpan.FromSeconds((double)(before + _step) / _perSecond) : given;
        long units = (long)Math.Round((given - _origin.Value).TotalSeconds * _perSecond);
        return _last is { } previous ? Math.Max(units, previous + 1) : Math.Max(units, 0);
    }

    private static bool IsMatroska(string path) => Path.GetExtension(path).Equals(".mkv", StringComparison.OrdinalIgnoreCase);
}
