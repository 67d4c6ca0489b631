using System.Text.Json;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// The masklets of one video in the layout of SA-V's annotation files (<c>sav_dataset/README.md</c> of the original):
/// <c>masklet[row][object]</c> is a COCO run-length encoding or null. As in the original's loader, <c>masks</c> is accepted for
/// <c>masklet</c>, and so is a file that is only the list. Masks are decoded when they are asked for.
/// </summary>
public sealed class MaskletFile
{
    private readonly string _path;
    private readonly List<string?[]> _rows;

    private MaskletFile(string path, List<string?[]> rows, int height, int width)
    {
        (_path, _rows, Height, Width) = (path, rows, height, width);
    }

    /// <summary>The video's name; null if the file does not say.</summary>
    public string? VideoId { get; private init; }

    /// <summary>Height of the masks in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the masks in pixels.</summary>
    public int Width { get; }

    /// <summary>How many frames are annotated.</summary>
    public int RowCount => _rows.Count;

    /// <summary>The objects' numbers (<c>masklet_id</c>; 0, 1, … where the file has none), in the order of the columns.</summary>
    public required IReadOnlyList<int> ObjectIds { get; init; }

    /// <summary>
    /// The frame of each row, if the file says it (<c>masklet_frame</c>, which <see cref="MaskletWriter"/> writes). SA-V's own files
    /// don't: there row r belongs to frame 4 r.
    /// </summary>
    public IReadOnlyList<int>? Frames { get; private init; }

    /// <summary>Annotated frames per second (<c>fps</c>); null if the file does not say.</summary>
    public double? RowsPerSecond { get; private init; }

    /// <summary>How many frames the video has (<c>video_frame_count</c>); null if the file does not say.</summary>
    public int? FrameCount { get; private init; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on its size; null for the default.</param>
    /// <exception cref="AnnotationException">Missing, too large, damaged, or not such a file; the message names the place.</exception>
    public static MaskletFile Read(string path, AnnotationLimits? limits = null)
    {
        limits ??= AnnotationLimits.Default;
        var rows = new Rows(limits);
        bool found = false;
        var members = new Dictionary<string, JsonFields>();
        JsonFile.ReadObjectOrArray(
            path,
            limits,
            (string name, ref Utf8JsonReader reader) =>
            {
                switch (name)
                {
                    case "masklet" or "masks" when !found:
                        found = true;
                        JsonFile.ReadArray(path, name, ref reader, rows.Add);
                        break;
                    case "video_id" or "video_height" or "video_width" or "masklet_id" or "masklet_frame" or "fps" or "video_frame_count":
                        members[name] = JsonFile.ReadValue(path, name, ref reader);
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            },
            (string _, ref Utf8JsonReader reader) =>
            {
                found = true;
                JsonFile.ReadArray(path, "frames", ref reader, rows.Add);
            });
        if (!found)
        {
            throw new AnnotationException(path, "has no \"masklet\", so it is not a masklet file of SA-V");
        }

        return Create(path, rows, members);
    }

    /// <summary>The mask of an object.</summary>
    /// <param name="row">Which annotated frame.</param>
    /// <param name="column">Which object, as an index into <see cref="ObjectIds"/>.</param>
    /// <returns>The mask; null where the object is not annotated.</returns>
    /// <exception cref="AnnotationException">The runs are damaged.</exception>
    public CocoRle? Mask(int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, ObjectIds.Count);
        string?[] masks = _rows[row];
        if (column >= masks.Length || masks[column] is not { } counts)
        {
            return null;
        }

        try
        {
            return CocoRle.FromCompressedString(Height, Width, counts);
        }
        catch (FormatException e)
        {
            throw new AnnotationException(_path, $"masklet[{row}][{column}] is damaged: {e.Message.TrimEnd('.')}", inner: e);
        }
    }

    /// <summary>Whether an object is annotated on a frame, if only as not visible.</summary>
    /// <param name="row">Which annotated frame.</param>
    /// <param name="column">Which object, as an index into <see cref="ObjectIds"/>.</param>
    public bool HasMask(int row, int column) => column < _rows[row].Length && _rows[row][column] is not null;

    private static MaskletFile Create(string path, Rows rows, Dictionary<string, JsonFields> members)
    {
        int Dimension(string name) => members.TryGetValue(name, out var value) && value.Value.ValueKind != JsonValueKind.Null
            ? (int)value.Integer(1, int.MaxValue)
            : throw new AnnotationException(path, $"has neither a mask nor \"{name}\", so the size of its masks is unknown");
        int[]? Integers(string name) => members.TryGetValue(name, out var value) && value.Value.ValueKind != JsonValueKind.Null
            ? [.. value.Elements().Select(e => (int)e.Integer(int.MinValue, int.MaxValue))]
            : null;
        int[]? ids = Integers("masklet_id");
        int columns = rows.Masks.Count == 0 ? 0 : rows.Masks.Max(row => row.Length);
        if (ids is not null && ids.Length < columns)
        {
            throw new AnnotationException(path, $"names {ids.Length} objects in \"masklet_id\" but has masks of {columns}");
        }

        int[]? frames = Integers("masklet_frame");
        if (frames is not null && frames.Length != rows.Masks.Count)
        {
            throw new AnnotationException(path, $"numbers {frames.Length} frames in \"masklet_frame\" but has masks of {rows.Masks.Count}");
        }

        var size = rows.Size ?? (Dimension("video_height"), Dimension("video_width"));
        return new MaskletFile(path, rows.Masks, size.Height, size.Width)
        {
            VideoId = members.TryGetValue("video_id", out var id) && id.Value.ValueKind == JsonValueKind.String ? id.Text() : null,
            ObjectIds = ids ?? [.. Enumerable.Range(0, columns)],
            Frames = frames,
            FrameCount = members.TryGetValue("video_frame_count", out var count) && count.Value.ValueKind != JsonValueKind.Null ? (int)count.Integer(1, int.MaxValue) : null,
            RowsPerSecond = members.TryGetValue("fps", out var fps) ? ReadRate(fps) : null,
        };
    }

    /// <summary>A number, or a list whose first element counts.</summary>
    private static double ReadRate(JsonFields fps)
    {
        double rate = fps.Value.ValueKind == JsonValueKind.Array && fps.Value.GetArrayLength() > 0
            ? fps.Elements().First().Number()
            : fps.Number();
        return rate > 0 ? rate : throw fps.Wrong($"is {rate}, not above 0");
    }

    /// <summary>Collects rows; all masks must be of one size.</summary>
    private sealed class Rows(AnnotationLimits limits)
    {
        public List<string?[]> Masks { get; } = [];

        public (int Height, int Width)? Size { get; private set; }

        public void Add(JsonFields row) => Masks.Add([.. row.Elements().Select(ReadMask)]);

        private string? ReadMask(JsonFields mask)
        {
            if (mask.Value.ValueKind == JsonValueKind.Null)
            {
                return null;
            }

            var size = JsonMask.ReadSize(mask["size"]);
            if ((Size ??= size) != size)
            {
                throw mask.Wrong($"is {size.Width}×{size.Height} pixels, others are {Size.Value.Width}×{Size.Value.Height}");
            }

            if ((long)size.Height * size.Width > limits.MaxPixels)
            {
                throw mask.Wrong($"claims {size.Width}×{size.Height} pixels, more than the limit of {limits.MaxPixels / 1e6:0.######} megapixels");
            }

            var counts = mask["counts"];
            return counts.Value.ValueKind == JsonValueKind.String
                ? counts.Text()
                : JsonMask.ReadRuns(mask, size.Height, size.Width).ToCompressedString();
        }
    }
}

/// <summary>An object's mask on one frame of a masklet file.</summary>
/// <param name="ObjectId">The object's number.</param>
/// <param name="Mask">Its pixels, possibly none; null where nothing is known of it.</param>
/// <param name="ObjectScore">Logit of the object being visible, if known.</param>
public sealed record MaskletMask(int ObjectId, CocoRle? Mask, float? ObjectScore = null);

/// <summary>
/// Writes masklets in the layout of SA-V's annotation files, one frame at a time: <c>masklet[row][object]</c> is a COCO run-length
/// encoding, here with box, area and object score beside it, or null. <c>masklet_frame</c> numbers the frames, which SA-V's files
/// leave to their fixed interval. Objects may appear on any frame; earlier rows have null for them.
/// </summary>
public sealed class MaskletWriter : IDisposable
{
    private readonly string _path;
    private readonly string _video;
    private readonly int _width;
    private readonly int _height;
    private readonly string _rowsPath;

    /// <summary>Rows as JSON, one after the other: the number of objects is only known at the end.</summary>
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

    /// <summary>Discards a file that isn't complete.</summary>
    public void Dispose()
    {
        try
        {
            _rows.Dispose();
        }
        catch (IOException) // What a full disk refused is refused again, which Write has reported.
        {
        }
    }

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
