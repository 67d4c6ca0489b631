using System.Globalization;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>Measures a protocol's masks of one video and remembers which frames were prompted.</summary>
internal sealed class ObjectScorer(IAnnotatedVideo video)
{
    private readonly VideoScorer _scorer = new(video.Name);
    private readonly Dictionary<int, List<string>> _prompted = [];

    /// <summary>Remembers that an object was prompted on a frame.</summary>
    public void Prompted(int id, int frame)
    {
        if (!_prompted.TryGetValue(id, out var frames)) _prompted[id] = frames = [];
        frames.Add(video.FrameName(frame));
    }

    /// <summary>Measures an annotated frame.</summary>
    public void Add(int frame, IReadOnlyDictionary<int, BinaryMask> truth, IReadOnlyDictionary<int, BinaryMask> predicted) =>
        _scorer.Add(video.FrameName(frame), truth, predicted);

    /// <summary>What was measured of each object, under the names by which the data set's layout knows them.</summary>
    public IReadOnlyList<ObjectFrames> Conclude() => [.. _scorer.Frames.OrderBy(o => o.Key).Select(o =>
        new ObjectFrames(NameOf(video, o.Key), o.Value) { Prompted = _prompted.GetValueOrDefault(o.Key) ?? [] })];

    /// <summary>An object's name in scores: its folder's, where it has one.</summary>
    public static string NameOf(IAnnotatedVideo video, int id) =>
        video.ObjectsOverlap ? video.ObjectName(id) : id.ToString(CultureInfo.InvariantCulture);
}
