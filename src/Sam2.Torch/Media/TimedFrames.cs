using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;

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

/// <summary>A frame as it comes from its source.</summary>
/// <param name="Image">The picture, upright.</param>
/// <param name="Time">When it is shown; null where the source doesn't say.</param>
internal sealed record TimedImage(RgbImage Image, TimeSpan? Time);

/// <summary>
/// When the frames that ffmpeg decodes are shown. Raw frames carry no times, so a filter has ffmpeg print them among its messages, one line
/// for each frame, before it hands the frame out.
/// </summary>
/// <param name="unit">The unit in which the times are printed, as a fraction of a second.</param>
internal sealed partial class FrameTimes((int Numerator, int Denominator) unit)
{
    private readonly Queue<TimeSpan?> _times = [];
    private bool _isComplete;

    /// <summary>
    /// How messages are asked for: the times are no errors, so that others of their level come, too, and all need to tell their level.
    /// </summary>
    public static string LogLevel => "level+info";

    /// <summary>The filters that print the time of each frame that passes them. Without a key there would be nothing to print.</summary>
    public string Filter { get; } = string.Create(
        CultureInfo.InvariantCulture, $"settb={unit.Numerator}/{unit.Denominator},metadata=mode=add:key=t:value=0,metadata=mode=print:key=t");

    /// <summary>Looks at a line of ffmpeg's messages, and keeps a time if it is one.</summary>
    /// <returns>The line as it reads without the level in front; null for lines that say nothing about a failure.</returns>
    public string? Take(string line)
    {
        if (Time().Match(line) is { Success: true } time)
        {
            bool isKnown = long.TryParse(time.Groups[1].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long count);
            double ticks = Math.Round((double)count * unit.Numerator / unit.Denominator * TimeSpan.TicksPerSecond);
            lock (_times)
            {
                _times.Enqueue(isKnown && Math.Abs(ticks) < long.MaxValue ? TimeSpan.FromTicks((long)ticks) : null);
                Monitor.Pulse(_times);
            }

            return null;
        }

        var level = Level().Match(line);
        return !level.Success ? line : level.Groups[2].Value is "error" or "fatal" or "panic" ? level.Groups[1].Value + level.Groups[3].Value : null;
    }

    /// <summary>No more lines come.</summary>
    public void Complete()
    {
        lock (_times)
        {
            _isComplete = true;
            Monitor.Pulse(_times);
        }
    }

    /// <summary>The time of the next frame, whose line may still be on its way; null where there is none.</summary>
    /// <param name="hasEnded">Whether ffmpeg has ended, so that it is not worth waiting for long.</param>
    public TimeSpan? Next(Func<bool> hasEnded)
    {
        // Something that ffmpeg has started may keep its messages open; then nobody says that no more come.
        const int Step = 100, LastSteps = 10;
        lock (_times)
        {
            for (int step = 0; _times.Count == 0 && !_isComplete && step < LastSteps; step += hasEnded() ? 1 : 0)
            {
                Monitor.Wait(_times, Step);
            }

            return _times.TryDequeue(out var time) ? time : null;
        }
    }

    [GeneratedRegex(@"\[info\] frame:\d+ +pts:(-?\d+|NOPTS)\b")]
    private static partial Regex Time();

    [GeneratedRegex(@"^((?:\[[^\]]* @ [^\]]*\] )*)\[(quiet|panic|fatal|error|warning|info|verbose|debug|trace)\] (.*)$")]
    private static partial Regex Level();
}
