using System.Text.Json;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// Writes masklets in the layout of SA-V's annotation files, one frame at a time: <c>masklet[row][object]</c> is a COCO run-length
/// encoding, here with box, area and object score beside it, or null. <c>masklet_frame</c> numbers the frames, which SA-V's files
/// leave to their fixed interval. Objects may turn up on any frame; earlier rows have null for them.
/// </summary>
public sealed class MaskletWriter : IDisposable
{
    private readonly string _path;
    private readonly string _video;
    private readonly int _width;
    private readonly int _height;
    private readonly string _rowsPath;

    /// <summary>Rows as JSON, one after the other: how many objects there are is known at the end only.</summary>
    private readonly FileStream _rows;
    private readonly List<(int Length, int Objects)> _rowSizes = [];
    private readonly List<int> _frames = [];
    private readonly List<int> _objects;

    /// <summary>Begins a file; it appears when it is complete.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="video">The video's name.</param>
    /// <param name="width">Width of the masks in pixels.</param>
    /// <param name="height">Height of the masks in pixels.</param>
    /// <param name="objects">Objects that are known from the start, in the order wanted; null for none.</param>
    /// <exception cref="AnnotationException">The file cannot be written.</exception>
    public MaskletWriter(string path, string video, int width, int height, IReadOnlyList<int>? objects = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(video);
        (_path, _video, _width, _height) = (path, video, width, height);
        _objects = [.. objects ?? []];
        _rowsPath = AtomicFile.TemporaryNameFor(path);
        JsonFile.CreateFolderFor(path);
        try
        {
            _rows = new FileStream(
                _rowsPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw JsonFile.CannotWrite(path, e);
        }
    }

    /// <summary>Writes a frame.</summary>
    /// <param name="frame">Its number in the video.</param>
    /// <param name="masks">The objects on it, each at most once; those left out get null.</param>
    /// <exception cref="ArgumentException">A mask is of another size, or an object is there twice.</exception>
    /// <exception cref="AnnotationException">The file cannot be written.</exception>
    public void Write(int frame, IReadOnlyList<MaskletMask> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        var byObject = new Dictionary<int, MaskletMask>();
        foreach (var mask in masks)
        {
            if (mask.Mask is { } rle && (rle.Width != _width || rle.Height != _height))
            {
                throw new ArgumentException(
                    $"The mask of object {mask.ObjectId} is {rle.Width}×{rle.Height}, the video {_width}×{_height}.", nameof(masks));
            }

            if (!byObject.TryAdd(mask.ObjectId, mask))
            {
                throw new ArgumentException($"Object {mask.ObjectId} is there twice.", nameof(masks));
            }

            if (!_objects.Contains(mask.ObjectId))
            {
                _objects.Add(mask.ObjectId);
            }
        }

        try
        {
            long start = _rows.Position;
            using (var json = new Utf8JsonWriter(_rows, JsonFile.Compact))
            {
                json.WriteStartArray();
                foreach (int id in _objects)
                {
                    WriteMask(json, byObject.GetValueOrDefault(id));
                }

                json.WriteEndArray();
            }

            _rowSizes.Add(((int)(_rows.Position - start), _objects.Count));
            _frames.Add(frame);
        }
        catch (IOException e)
        {
            throw JsonFile.CannotWrite(_path, e);
        }
    }

    /// <summary>Finishes the file and puts it in place.</summary>
    /// <exception cref="AnnotationException">It cannot be written.</exception>
    public void Complete()
    {
        JsonFile.Write(_path, json =>
        {
            json.WriteStartObject();
            json.WriteString("video_id", _video);
            json.WriteNumber("video_width", _width);
            json.WriteNumber("video_height", _height);
            json.WriteNumber("video_frame_count", _frames.Count);
            WriteNumbers(json, "masklet_id", _objects);
            WriteNumbers(json, "masklet_frame", _frames);
            json.WriteNumber("masklet_num", _objects.Count);
            json.WriteStartArray("masklet");
            CopyRows(json);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        _rows.Dispose();
    }

    /// <summary>Gives up a file that is not complete.</summary>
    public void Dispose() => _rows.Dispose();

    private void CopyRows(Utf8JsonWriter json)
    {
        _rows.Position = 0;
        foreach (var (length, objects) in _rowSizes)
        {
            var row = new byte[length];
            _rows.ReadExactly(row);
            if (objects == _objects.Count)
            {
                json.WriteRawValue(row, skipInputValidation: true);
            }
            else
            {
                using var document = JsonDocument.Parse(row);
                json.WriteStartArray();
                foreach (var mask in document.RootElement.EnumerateArray())
                {
                    mask.WriteTo(json);
                }

                for (int i = objects; i < _objects.Count; i++)
                {
                    json.WriteNullValue();
                }

                json.WriteEndArray();
            }

            json.Flush();
        }
    }

    private static void WriteMask(Utf8JsonWriter json, MaskletMask? mask)
    {
        if (mask?.Mask is not { } rle)
        {
            json.WriteNullValue();
            return;
        }

        var (x, y, width, height) = rle.BoundingBox;
        json.WriteStartObject();
        JsonMask.WriteNumbers(json, "size", rle.Height, rle.Width);
        json.WriteString("counts", rle.ToCompressedString());
        JsonMask.WriteBox(json, "bbox", new AnnotationBox(x, y, width, height));
        json.WriteNumber("area", rle.Area);
        if (mask.ObjectScore is { } score)
        {
            json.WriteNumber("object_score", score);
        }
        else
        {
            json.WriteNull("object_score");
        }

        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (int number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
