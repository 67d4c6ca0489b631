using System.Text.Encodings.Web;
using System.Text.Json;
using Sam2.Torch;
using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Output;

/// <summary>
/// Writes masklets in the layout of SA-V's annotation files, one frame at a time: <c>masklet[frame][object]</c> is a COCO run-length
/// encoding, here with box, area and object score beside it. <c>masklet_frame</c> numbers the frames.
/// </summary>
internal sealed class MaskletWriter : IDisposable
{
    private readonly string _path, _temporary;
    private readonly FileStream _stream;
    private readonly Utf8JsonWriter _json;
    private readonly List<int> _frames = [];
    private readonly IReadOnlyList<int> _objects;
    private bool _complete;

    public MaskletWriter(string path, string video, int width, int height, IReadOnlyList<int> objects)
    {
        (_path, _temporary, _objects) = (path, AtomicFile.TemporaryNameFor(path), objects);
        try
        {
            _stream = new FileStream(_temporary, FileMode.Create, FileAccess.Write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} can't be written: {e.Message}", e);
        }

        _json = new Utf8JsonWriter(_stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.WriteStartObject();
        _json.WriteString("video_id", video);
        _json.WriteNumber("video_width", width);
        _json.WriteNumber("video_height", height);
        WriteNumbers("masklet_id", objects);
        _json.WriteStartArray("masklet");
    }

    /// <summary>Writes a frame.</summary>
    public void Write(FrameMasks masks)
    {
        _frames.Add(masks.Frame);
        _json.WriteStartArray();
        foreach (var id in _objects) WriteObject(masks[id]);
        _json.WriteEndArray();
        _json.Flush();
    }

    /// <summary>Finishes the file and puts it in place.</summary>
    public void Complete()
    {
        _json.WriteEndArray();
        WriteNumbers("masklet_frame", _frames);
        _json.WriteNumber("video_frame_count", _frames.Count);
        _json.WriteEndObject();
        _json.Dispose();
        _stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _complete = true;
    }

    public void Dispose()
    {
        if (_complete) return;
        _json.Dispose();
        _stream.Dispose();
        File.Delete(_temporary);
    }

    private void WriteObject(ObjectMask o)
    {
        var rle = CocoRle.Encode(o.Mask);
        var box = o.Mask.BoundingBox;
        _json.WriteStartObject();
        WriteNumbers("size", [rle.Height, rle.Width]);
        _json.WriteString("counts", rle.ToCompressedString());
        WriteNumbers("bbox", [box.X, box.Y, box.Width, box.Height]);
        _json.WriteNumber("area", o.Mask.Area);
        if (o.ObjectScore is { } score) _json.WriteNumber("object_score", score);
        else _json.WriteNull("object_score");
        _json.WriteEndObject();
    }

    private void WriteNumbers(string name, IEnumerable<int> numbers)
    {
        _json.WriteStartArray(name);
        foreach (var number in numbers) _json.WriteNumberValue(number);
        _json.WriteEndArray();
    }
}
