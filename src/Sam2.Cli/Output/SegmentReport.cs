using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sam2.Cli.Output;

/// <summary>What <c>sam2 segment --json</c> writes.</summary>
/// <param name="Image">The image as named on the command line.</param>
/// <param name="Width">Its width in pixels.</param>
/// <param name="Height">Its height in pixels.</param>
/// <param name="Model">The model as named on the command line.</param>
/// <param name="Device">Where it was computed.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Masks">The masks, best first.</param>
internal sealed record SegmentReport(
    string Image, int Width, int Height, string Model, string Device, SegmentSeconds Seconds, IReadOnlyList<MaskReport> Masks)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        Converters = { new InlineNumbers() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The report as JSON text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>The reports of several pictures as a JSON list.</summary>
    public static string ToJson(IReadOnlyList<SegmentReport> reports) => JsonSerializer.Serialize(reports, Options);

    /// <summary>Writes a few numbers on one line, not on one each.</summary>
    private sealed class InlineNumbers : JsonConverter<int[]>
    {
        public override int[]? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, int[] value, JsonSerializerOptions options) =>
            writer.WriteRawValue($"[{string.Join(", ", value)}]");
    }
}

/// <summary>Wall-clock times in seconds.</summary>
/// <param name="Load">Reading the checkpoint into the model.</param>
/// <param name="Encode">Preprocessing and the image encoder.</param>
/// <param name="Predict">Prompts to masks.</param>
internal sealed record SegmentSeconds(double Load, double Encode, double Predict);

/// <summary>One mask.</summary>
/// <param name="File">The picture it was written to; null if masks were not to be written.</param>
/// <param name="Score">The IoU that the model predicts, 0 to 1.</param>
/// <param name="Area">Pixels.</param>
/// <param name="Bbox">Left, top, width and height in pixels; zeros if the mask is empty.</param>
/// <param name="Rle">COCO's compressed run lengths.</param>
/// <param name="Object">Which box of several the mask answers, from 0; null if there was one object.</param>
internal sealed record MaskReport(string? File, float Score, long Area, int[] Bbox, RleReport Rle, int? Object);

/// <summary>COCO's compressed run lengths.</summary>
/// <param name="Size">Height and width.</param>
/// <param name="Counts">The run lengths in COCO's text form.</param>
internal sealed record RleReport(int[] Size, string Counts);
