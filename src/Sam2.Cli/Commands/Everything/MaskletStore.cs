using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands.Everything;

/// <summary>
/// What a run over a video keeps in hidden files of the output folder until it is complete: the masks of every frame, since which
/// masklets are worth keeping is known at the end only, and the state to continue from. The files are named after what was asked
/// for, so that a run with other settings doesn't continue this one.
/// </summary>
internal sealed class MaskletStore : IDisposable
{
    private const string Prefix = ".everything-";

    private readonly AnnotationJournal _journal;
    private bool _deleted;

    public MaskletStore(VideoRequest request)
    {
        var stem = Path.Combine(request.Directory, Prefix + Fingerprint(request));
        StatePath = stem + ".state.pt";
        var journal = stem + ".jsonl";
        CanResume = !request.Restart && File.Exists(StatePath) && File.Exists(journal);
        foreach (var file in Directory.GetFiles(request.Directory, Prefix + "*"))
        {
            if (!CanResume || (file != StatePath && file != journal)) File.Delete(file);
        }

        _journal = new AnnotationJournal(journal);
    }

    /// <summary>Whether an interrupted run can be continued.</summary>
    public bool CanResume { get; }

    /// <summary>Where the state is saved.</summary>
    public string StatePath { get; }

    /// <summary>Keeps a frame's masks, which replace what an interrupted run may have kept of the frame.</summary>
    public void Append(MaskletFrame frame)
    {
        // Names that sort like numbers.
        var name = frame.Frame.ToString("D9", CultureInfo.InvariantCulture);
        _journal.Append(name, json =>
        {
            json.WriteStartObject();
            json.WriteString("file_name", name);
            json.WriteStartArray("masks");
            foreach (var mask in frame.Masks)
            {
                json.WriteStartObject();
                json.WriteNumber("id", mask.MaskletId);
                json.WriteNumber("score", mask.ObjectScore);
                json.WritePropertyName("segmentation");
                JsonMask.WriteRuns(json, mask.Mask);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>What was kept, frame by frame.</summary>
    /// <param name="width">Width of the frames.</param>
    /// <param name="height">Height of the frames.</param>
    public IEnumerable<(int Frame, IReadOnlyList<MaskletMask> Masks)> Read(int width, int height)
    {
        foreach (var line in _journal.Read())
        {
            yield return (int.Parse(line["file_name"].Text(), CultureInfo.InvariantCulture), [.. line["masks"].Elements().Select(mask => new MaskletMask(
                (int)mask["id"].Integer(1, int.MaxValue), JsonMask.ReadRuns(mask["segmentation"], height, width), (float)mask["score"].Number()))]);
        }
    }

    /// <summary>Removes the files: the results are complete.</summary>
    public void Delete()
    {
        _journal.Delete();
        File.Delete(StatePath);
        _deleted = true;
    }

    public void Dispose()
    {
        if (!_deleted) _journal.Dispose();
    }

    private static readonly JsonSerializerOptions WithFields = new() { IncludeFields = true };

    /// <summary>A short fingerprint of everything that masks depend on.</summary>
    private static string Fingerprint(VideoRequest request)
    {
        var settings = JsonSerializer.Serialize(
            new { Input = Path.GetFullPath(request.Input), request.Model, request.Generator, request.Frames, request.MaxSide, request.Pictures.Range },
            WithFields);
        if (request.Memory is { } memory) settings += memory.Text;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings)))[..12];
    }
}
