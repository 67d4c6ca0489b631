using System.Globalization;
using System.Text.Json;

namespace Sam2.Torch.Media;

/// <summary>Understands what <c>ffprobe -print_format json -show_format -show_streams</c> says.</summary>
internal static class VideoProbe
{
    /// <summary>The facts about the first video stream that is not a cover picture.</summary>
    /// <exception cref="MediaException">There is none, or the answer is not understood.</exception>
    public static VideoInfo Parse(string path, string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(path, document.RootElement);
        }
        catch (JsonException e)
        {
            throw new MediaException(path, "got an answer from ffprobe that is not JSON", "Check the installation of ffmpeg", e);
        }
    }

    private static VideoInfo Parse(string path, JsonElement root)
    {
        var streams = root.TryGetProperty("streams", out var list) ? list.EnumerateArray().Where(IsVideo) : [];
        if (!streams.Any())
        {
            throw new MediaException(path, "has no video stream", "Name a video, a picture or a folder of pictures");
        }

        var stream = streams.First();
        int rotation = Rotation(stream);
        int width = Size(stream, "width"), height = Size(stream, "height");
        bool sideways = rotation % 180 is 90 or -90;
        double? seconds = Seconds(stream, "duration")
            ?? (root.TryGetProperty("format", out var format) ? Seconds(format, "duration") : null);
        return new VideoInfo(
            sideways ? height : width,
            sideways ? width : height,
            FrameRate.Parse(Text(stream, "avg_frame_rate")) ?? FrameRate.Parse(Text(stream, "r_frame_rate")),
            rotation,
            seconds is > 0 and < 1e8 ? TimeSpan.FromSeconds(seconds.Value) : null,
            Number(stream, "nb_frames") is { } frames and >= 1 and < 1e12 ? (long)frames : null);
    }

    private static bool IsVideo(JsonElement stream) =>
        Text(stream, "codec_type") == "video"
        && !(stream.TryGetProperty("disposition", out var disposition) && Number(disposition, "attached_pic") == 1);

    /// <summary>Degrees from the display matrix, or from the tag that older files and versions use (with the sign reversed).</summary>
    private static int Rotation(JsonElement stream)
    {
        if (stream.TryGetProperty("side_data_list", out var list))
        {
            foreach (var data in list.EnumerateArray())
            {
                if (Number(data, "rotation") is { } degrees)
                {
                    return (int)Math.Round(degrees);
                }
            }
        }

        return stream.TryGetProperty("tags", out var tags) && Number(tags, "rotate") is { } clockwise ? -(int)Math.Round(clockwise) : 0;
    }

    private static int Size(JsonElement element, string name) =>
        Number(element, name) is { } value and > 0 and <= int.MaxValue ? (int)value : 0;

    /// <summary>A time in seconds, or in hours, minutes and seconds as <c>-sexagesimal</c> writes it.</summary>
    private static double? Seconds(JsonElement element, string name)
    {
        double total = 0;
        string? text = Text(element, name);
        foreach (string part in text?.Split(':') ?? [])
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            {
                return null;
            }

            total = (total * 60) + value;
        }

        return text is null ? null : total;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>ffprobe writes some numbers as numbers and some as texts.</summary>
    private static double? Number(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String when double.TryParse(
                value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) => parsed,
            _ => null,
        };
    }
}
