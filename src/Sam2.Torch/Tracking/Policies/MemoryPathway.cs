using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>
/// A frame of a memory tree, which all pathways that go through it share: the output is freed when the last of them has forgotten it.
/// </summary>
/// <param name="frame">Index of the frame.</param>
/// <param name="output">The object on this frame, as one branch sees it.</param>
/// <param name="scores">How well it was tracked.</param>
internal sealed class TreeNode(int frame, FrameOutput output, FrameScores scores)
{
    private int _holders;

    public int Frame { get; } = frame;

    public FrameOutput Output { get; } = output;

    public FrameScores Scores { get; } = scores;

    public TreeNode Hold()
    {
        _holders++;
        return this;
    }

    public void Release()
    {
        if (--_holders == 0) Output.Dispose();
    }
}

/// <summary>
/// One pathway of <see cref="Sam2LongMemory"/>: what it remembers, which of that a frame attends to, and how much
/// each of these memories weighs (arXiv 2410.16268, object-aware memory bank).
/// </summary>
internal sealed class MemoryPathway(Sam2LongMemory tree) : IMemoryConditioner
{
    private readonly SortedList<int, TreeNode> _nodes = [];
    private MemorySelection? _selected;

    /// <summary>Sum of the logarithms of the predicted IoUs, less that of the best pathway.</summary>
    public double Score { get; set; }

    /// <summary>What is remembered, by frame.</summary>
    public IReadOnlyDictionary<int, TreeNode> Nodes => _nodes;

    public IReadOnlyCollection<int> ConditioningFrames => tree.ConditioningFrames;

    public bool HasOther(int frame) => _nodes.ContainsKey(frame);

    public FrameMemory Conditioning(int frame) => tree.Conditioning(frame);

    public FrameMemory Other(int frame) => _nodes[frame].Output.Memory
        ?? throw new InvalidOperationException($"Frame {frame} is in the memory tree, but its memory was never encoded.");

    /// <summary>
    /// Prompted frames, and the nearest frames whose masks and object scores are good enough; object pointers of the same frames, counted by rank
    /// rather than by distance, as in the public code.
    /// </summary>
    public MemorySelection Select(Sam2Config config, FramePosition at, bool training)
    {
        var usual = MemorySelection.Select(config, at, this, training);
        var good = Behind(at).Where(tree.IsGood).ToList();
        var slots = config.NumMaskmem - 1;
        _selected = usual with
        {
            Memories =
            [
                .. usual.Memories.Where(m => m.Conditioning && m.Offset == 0),
                .. good.Take(slots).Select((node, i) => new MemoryReference(node.Frame, Conditioning: false, slots - i)).Reverse(),
            ],
            Pointers = !config.UseObjPtrsInEncoder ? [] :
            [
                .. usual.Pointers.Where(p => p.Conditioning),
                .. good.Take(usual.MaxPointers - 1).Select((node, i) => new MemoryReference(node.Frame, Conditioning: false, i + 1)),
            ],
        };
        return _selected;
    }

    /// <summary>Scales the keys of memories by rank of their object scores, from <see cref="Sam2LongOptions.LowWeight"/> to <see cref="Sam2LongOptions.HighWeight"/>.</summary>
    public Tensor Condition(Sam2Model model, Tensor imageEmbedding, MemoryTokens memories)
    {
        // Where keys don't have positions there is no way to scale keys without values.
        if (_selected is not { } selected || selected.Memories.Count < 2 || !model.Config.MemoryAttention.Layer.PosEncAtCrossAttnKeys)
            return model.ConditionOnMemory(imageEmbedding, memories);

        using var scope = NewDisposeScope();
        var (low, high) = tree.Weights;
        var perMemory = (int)(imageEmbedding.size(2) * imageEmbedding.size(3));
        var weights = new List<float>();
        foreach (var weight in Ranked([.. selected.Memories.Select(ObjectScore)], low, high)) weights.AddRange(Enumerable.Repeat((float)weight, perMemory));
        if (selected.Pointers.Count > 0)
        {
            var perPointer = memories.NumObjPtrTokens / selected.Pointers.Count;
            foreach (var weight in Ranked([.. selected.Pointers.Select(ObjectScore)], low, high)) weights.AddRange(Enumerable.Repeat((float)weight, perPointer));
        }

        // Keys are memory + position and values are the memory, so this position makes the keys weight · (memory + position).
        var scale = tensor(weights.ToArray(), [1, weights.Count, 1], device: memories.Memory.device).to(memories.Memory.dtype);
        var position = (memories.Memory.Plus(memories.Position) * scale) - memories.Memory;
        return model.ConditionOnMemory(imageEmbedding, memories with { Position = position }).MoveToOuterDisposeScope();
    }

    /// <summary>A pathway with the same memories.</summary>
    public MemoryPathway Copy()
    {
        var copy = new MemoryPathway(tree) { Score = Score };
        foreach (var (frame, node) in _nodes) copy._nodes.Add(frame, node.Hold());
        return copy;
    }

    /// <summary>Remembers a frame in place of what was known of it.</summary>
    public void Add(TreeNode node)
    {
        if (_nodes.Remove(node.Frame, out var old)) old.Release();
        _nodes.Add(node.Frame, node.Hold());
    }

    /// <summary>Forgets the frames that don't satisfy a condition.</summary>
    public void Keep(Func<TreeNode, bool> isKept)
    {
        foreach (var node in _nodes.Values.Where(node => !isKept(node)).ToList())
        {
            _nodes.Remove(node.Frame);
            node.Release();
        }
    }

    /// <summary>
    /// Weights by rank: the lowest score gets <paramref name="low"/>, the highest <paramref name="high"/>, those between in equal steps. A single one
    /// isn't changed.
    /// </summary>
    internal static double[] Ranked(IReadOnlyList<double> scores, double low, double high)
    {
        var weights = new double[scores.Count];
        if (scores.Count == 1) return [1];
        var ascending = Enumerable.Range(0, scores.Count).OrderBy(i => scores[i]).ToList();
        for (var rank = 0; rank < ascending.Count; rank++) weights[ascending[rank]] = low + (high - low) * rank / (ascending.Count - 1);
        return weights;
    }

    private IEnumerable<TreeNode> Behind(FramePosition at) => at.Reverse
        ? _nodes.Values.Where(node => node.Frame > at.Frame)
        : _nodes.Values.Where(node => node.Frame < at.Frame).Reverse();

    /// <summary>Prompted frames count as surely visible: their logit is 10, that of a mask that was given.</summary>
    private double ObjectScore(MemoryReference reference) => reference.Conditioning ? 10 : _nodes[reference.Frame].Scores.ObjectScore;
}
