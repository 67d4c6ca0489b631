using System.Text.Json;
using Sam2.Torch.Data.Annotation;

namespace Sam2.Torch.Data.Layouts;

/// <summary>
/// The file by which YouTube-VOS (<c>meta.json</c>) and LVOS (<c>valid_meta.json</c>) say which videos they have and on which frame each object
/// appears first: <c>videos.NAME.objects.ID.frames</c> or <c>….frame_range.start</c>.
/// </summary>
internal sealed class MetaFile
{
    private readonly string _path;
    private readonly Dictionary<string, List<(string Object, string Frame)>> _videos;

    private MetaFile(string path, Dictionary<string, List<(string Object, string Frame)>> videos) => (_path, _videos) = (path, videos);

    /// <summary>The videos' names, sorted.</summary>
    public IReadOnlyList<string> Videos => [.. _videos.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Reads the file of a data set's folder; null if it has none.</summary>
    /// <exception cref="DatasetException">There are several, or it is damaged.</exception>
    public static MetaFile? Find(string root)
    {
        string[] files = [.. Directory.GetFiles(root, "*meta.json").Order(StringComparer.Ordinal)];
        return files.Length switch
        {
            0 => null,
            1 => Read(files[0]),
            _ => throw new DatasetException($"{root} has several files that describe its videos ({string.Join(", ", files.Select(Path.GetFileName))}); keep the one for the videos that are there."),
        };
    }

    /// <summary>Checks that an object is annotated where the file says it appears.</summary>
    /// <exception cref="DatasetException">The mask is missing.</exception>
    public void Check(FolderVideo video, string maskFolder)
    {
        if (!_videos.TryGetValue(video.Name, out var objects))
        {
            return;
        }

        var annotated = Enumerable.Range(0, video.FrameCount).Where(video.IsAnnotated).Select(video.FrameName).ToHashSet();
        foreach (var (name, frame) in objects.Where(o => !annotated.Contains(o.Frame)))
        {
            throw new DatasetException(
                $"The mask {Path.Combine(maskFolder, frame)}.png is missing, where object {name} appears according to {_path}; unpack the data set again.");
        }
    }

    private static MetaFile Read(string path)
    {
        var videos = new Dictionary<string, List<(string Object, string Frame)>>();
        try
        {
            JsonFile.ReadObject(path, null, (string name, ref Utf8JsonReader reader) =>
            {
                if (name == "videos")
                {
                    var all = JsonFile.ReadValue(path, name, ref reader);
                    foreach (var (video, fields) in Members(all))
                    {
                        videos[video] = [.. Members(fields["objects"]).SelectMany(o => FirstFrame(o.Fields) is { } frame ? new[] { (o.Name, frame) } : [])];
                    }
                }
                else
                {
                    reader.Skip();
                }
            });
        }
        catch (AnnotationException e)
        {
            throw new DatasetException(e.Message, e);
        }

        return videos.Count > 0 ? new MetaFile(path, videos) : throw new DatasetException($"{path} names no video; unpack the data set again, or delete the file to use every folder of masks.");
    }

    private static IEnumerable<(string Name, JsonFields Fields)> Members(JsonFields fields)
    {
        if (fields.Value.ValueKind != JsonValueKind.Object)
        {
            throw fields.Wrong("is not a JSON object");
        }

        // By the member, not by its name: looking for each name among all takes time with the square of their number.
        return fields.Value.EnumerateObject().Select(m => (m.Name, fields with { Value = m.Value, Place = $"{fields.Place}.{m.Name}" }));
    }

    private static string? FirstFrame(JsonFields fields)
    {
        if (fields.Has("frames"))
        {
            return fields["frames"].Elements().Select(f => f.Text()).FirstOrDefault();
        }

        return fields.Has("frame_range") && fields["frame_range"].Has("start") ? fields["frame_range"]["start"].Text() : null;
    }
}
