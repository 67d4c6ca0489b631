using System.Text.Json;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>The constants of <see cref="Sam2LongMemory"/>; the paper's.</summary>
public sealed record Sam2LongOptions
{
    /// <summary>Pathways, P. Every frame is segmented once for each.</summary>
    public int Pathways { get; init; } = 3;

    /// <summary>Predicted IoU above which a frame is attended to, δ_iou. The public code has 0.3 in its tool and 0.1 in its functions.</summary>
    public double IouThreshold { get; init; } = 0.3;

    /// <summary>
    /// A frame is uncertain if no pathway's object score is farther from 0 than this, δ_conf. The public code has 1 in its tool and 2 in its functions.
    /// </summary>
    public double Uncertainty { get; init; } = 2;

    /// <summary>Weight of the memory whose object is least surely visible, w_low.</summary>
    public double LowWeight { get; init; } = 0.95;

    /// <summary>Weight of the memory whose object is most surely visible, w_high.</summary>
    public double HighWeight { get; init; } = 1.05;
}

/// <summary>
/// SAM2Long (Ding et al., "SAM2Long: Enhancing SAM 2 for Long Video Segmentation with a Training-Free Memory Tree", arXiv 2410.16268): several
/// pathways, each with a memory of its own; of all masks that are proposed when a frame attends to each of them, those with the highest
/// cumulative scores go on. On an uncertain frame, masks go on that differ in their predicted IoU.
/// </summary>
/// <remarks>
/// Masks come frame by frame, so the mask on a frame is that of the pathway that leads there; the paper goes back once the video has ended and takes
/// all masks from the pathway that leads at the end. The public code differs from the text, which is followed: the frame before is always attended to,
/// and on the first frame all pathways begin with the same mask. A prompt, or a walk that begins elsewhere, starts again from the pathway that leads.
/// </remarks>
public sealed class Sam2LongMemory : IPathwayPolicy, IStatefulMemoryPolicy
{
    private readonly Sam2Config _config;
    private readonly Sam2LongOptions _options;
    private readonly OrderedDictionary<int, FrameOutput> _conditioning = [];
    private List<MemoryPathway> _pathways;
    private IReadOnlyList<(Branch Branch, FrameScores Scores, double Score)> _chosen = [];
    private (int Frame, bool Reverse)? _last;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="options">The constants; the paper's when null.</param>
    /// <exception cref="ArgumentException">A constant is out of range; the message names it.</exception>
    public Sam2LongMemory(Sam2Config config, Sam2LongOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        (_config, _options) = (config, options ?? new());
        PolicyRange.Require(nameof(Sam2LongOptions.Pathways), _options.Pathways, 1, 16);
        PolicyRange.Require(nameof(Sam2LongOptions.IouThreshold), _options.IouThreshold, 0, 1);
        PolicyRange.Require(nameof(Sam2LongOptions.Uncertainty), _options.Uncertainty, 0, 1000);
        PolicyRange.Require(nameof(Sam2LongOptions.LowWeight), _options.LowWeight, 0, 10);
        PolicyRange.Require(nameof(Sam2LongOptions.HighWeight), _options.HighWeight, _options.LowWeight, 10);
        _pathways = [new MemoryPathway(this)];
    }

    /// <summary>The scores of the pathways, less that of the best one, which comes first.</summary>
    public IReadOnlyList<double> PathwayScores => _pathways.ConvertAll(p => p.Score);

    /// <inheritdoc/>
    public IReadOnlyCollection<int> ConditioningFrames => _conditioning.Keys;

    /// <summary>Frames without a prompt that the leading pathway remembers, ascending.</summary>
    public IReadOnlyCollection<int> OtherFrames => [.. Leading.Nodes.Keys];

    internal (double Low, double High) Weights => (_options.LowWeight, _options.HighWeight);

    private MemoryPathway Leading => _pathways[0];

    private int PointersKept => Math.Max(_config.MaxObjPtrsInEncoder - 1, _config.NumMaskmem - 1);

    /// <inheritdoc/>
    public bool HasOther(int frame) => Leading.HasOther(frame);

    /// <inheritdoc/>
    public FrameMemory Conditioning(int frame) => _conditioning[frame].Memory
        ?? throw new InvalidOperationException($"Frame {frame} is in the memory tree, but its memory was never encoded.");

    /// <inheritdoc/>
    public FrameMemory Other(int frame) => Leading.Other(frame);

    /// <inheritdoc/>
    public MemorySelection Select(Sam2Config config, FramePosition at, bool training) => Leading.Select(config, at, training);

    /// <inheritdoc/>
    public FrameOutput? Find(int frame) => _conditioning.GetValueOrDefault(frame) ?? Leading.Nodes.GetValueOrDefault(frame)?.Output;

    /// <inheritdoc/>
    public IReadOnlyList<IMemoryBank> PathwaysFor(FramePosition at)
    {
        if (_last is not { } last || last.Reverse != at.Reverse || at.Frame != last.Frame + (at.Reverse ? -1 : 1)) StartFromLeading();
        return _pathways;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Branch> Choose(FramePosition at, IReadOnlyList<MaskCandidates> candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        using var scope = NewDisposeScope();
        var proposals = new List<(Branch Branch, FrameScores Scores, double Score)>();
        for (var pathway = 0; pathway < candidates.Count; pathway++)
        {
            var objectScore = candidates[pathway].ObjectScores.item<float>();
            var ious = candidates[pathway].Ious.to(float32).cpu().contiguous().data<float>().ToArray();
            for (var mask = 0; mask < ious.Length; mask++)
            {
                proposals.Add((
                    new Branch(pathway, mask), new FrameScores(ious[mask], objectScore), _pathways[pathway].Score + Math.Log(Math.Max(ious[mask], 1e-5))));
            }
        }

        _chosen = Prune(proposals, _options.Pathways, _options.Uncertainty);
        return [.. _chosen.Select(c => c.Branch)];
    }

    /// <inheritdoc/>
    public void Grow(FramePosition at, IReadOnlyList<FrameOutput> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        var grown = new List<MemoryPathway>();
        for (var i = 0; i < outputs.Count; i++)
        {
            var (branch, scores, score) = _chosen[i];
            var pathway = _pathways[branch.Pathway].Copy();
            pathway.Score = score - _chosen[0].Score;
            pathway.Add(new TreeNode(at.Frame, outputs[i], scores));
            Prune(pathway, at.Frame);
            grown.Add(pathway);
        }

        Forget(_pathways);
        (_pathways, _chosen, _last) = (grown, [], (at.Frame, at.Reverse));
    }

    /// <inheritdoc/>
    public void Add(int frame, FrameOutput output, bool conditioning)
    {
        ArgumentNullException.ThrowIfNull(output);
        // What was tracked has grown already.
        if (!conditioning && ReferenceEquals(Leading.Nodes.GetValueOrDefault(frame)?.Output, output)) return;
        StartFromLeading();
        if (conditioning)
        {
            Leading.Keep(node => node.Frame != frame);
            if (_conditioning.Remove(frame, out var old)) old.Dispose();
            _conditioning.Add(frame, output);
            return;
        }

        Leading.Add(new TreeNode(frame, output, new FrameScores(1, output.ObjectScore.item<float>())));
        Prune(Leading, frame);
    }

    /// <inheritdoc/>
    public void OnPrompted(int frame) => StartFromLeading();

    /// <inheritdoc/>
    public bool Demote(int frame)
    {
        if (!_conditioning.Remove(frame, out var output)) return false;
        StartFromLeading();
        // What was taken back is no good example.
        Leading.Add(new TreeNode(frame, output, new FrameScores(0, output.ObjectScore.item<float>())));
        Prune(Leading, frame);
        return true;
    }

    /// <inheritdoc/>
    public MemoryPolicyState SaveState()
    {
        var shown = Leading.Nodes.Values.ToHashSet();
        var nodes = _pathways.SelectMany(p => p.Nodes.Values).Distinct().ToList();
        var tensors = new Dictionary<string, Tensor>();
        for (var i = 0; i < nodes.Count; i++)
        {
            // The frames of the leading pathway are saved anyway.
            if (shown.Contains(nodes[i])) continue;
            var output = nodes[i].Output;
            tensors[$"{i}.mask_logits"] = output.MaskLogits;
            tensors[$"{i}.object_pointer"] = output.ObjectPointer;
            tensors[$"{i}.object_score"] = output.ObjectScore;
            tensors[$"{i}.memory"] = output.Memory!.Features;
        }

        var number = nodes.Index().ToDictionary(n => n.Item, n => n.Index);
        return new MemoryPolicyState(
            JsonSerializer.Serialize(new SavedState(
                [.. nodes.Select(n => new SavedNode(n.Frame, n.Scores.Iou, n.Scores.ObjectScore, shown.Contains(n)))],
                [.. _pathways.Select(p => new SavedPathway(p.Score, [.. p.Nodes.Values.Select(n => number[n])]))],
                _last?.Frame, _last?.Reverse ?? false)),
            tensors);
    }

    /// <inheritdoc/>
    public void Restore(MemoryPolicyState state, IReadOnlyList<(int Frame, FrameOutput Output, bool Conditioning)> frames)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(frames);
        var saved = JsonSerializer.Deserialize<SavedState>(state.Text)!;
        foreach (var (frame, output, _) in frames.Where(f => f.Conditioning)) _conditioning.Add(frame, output);
        var shown = frames.Where(f => !f.Conditioning).ToDictionary(f => f.Frame, f => f.Output);
        FrameOutput Output(SavedNode node, int i) => node.Shown ? shown[node.Frame] : new FrameOutput(
            state.Tensors[$"{i}.mask_logits"], state.Tensors[$"{i}.object_pointer"], state.Tensors[$"{i}.object_score"], state.Tensors[$"{i}.memory"]);

        var nodes = saved.Nodes.Select((node, i) => new TreeNode(node.Frame, Output(node, i), new FrameScores(node.Iou, node.ObjectScore))).ToList();
        _pathways = [.. saved.Pathways.Select(p => new MemoryPathway(this) { Score = p.Score })];
        for (var p = 0; p < _pathways.Count; p++)
        {
            foreach (var node in saved.Pathways[p].Nodes) _pathways[p].Add(nodes[node]);
        }

        _last = saved.LastFrame is { } last ? (last, saved.Reverse) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget(_pathways);
        _pathways = [new MemoryPathway(this)];
        foreach (var output in _conditioning.Values) output.Dispose();
        _conditioning.Clear();
    }

    /// <summary>Whether a frame is good enough to be attended to.</summary>
    internal bool IsGood(TreeNode node) => node.Scores.Iou > _options.IouThreshold && node.Scores.ObjectScore > 0;

    /// <summary>
    /// The branches that go on, the best first: on a certain frame those with the highest scores; on an uncertain one, the highest of each predicted IoU,
    /// to two decimals, where that of a hidden object counts as negative.
    /// </summary>
    /// <param name="proposals">All branches, by pathway and mask.</param>
    /// <param name="pathways">How many go on, if there are as many.</param>
    /// <param name="uncertainty">Magnitude of the object score above which a frame is certain.</param>
    internal static IReadOnlyList<(Branch Branch, FrameScores Scores, double Score)> Prune(
        IReadOnlyList<(Branch Branch, FrameScores Scores, double Score)> proposals, int pathways, double uncertainty)
    {
        var sorted = proposals.OrderByDescending(p => p.Score).ToList();
        if (sorted.Any(p => Math.Abs(p.Scores.ObjectScore) > uncertainty)) return [.. sorted.Take(pathways)];

        var chosen = sorted
            .DistinctBy(p => Math.Round(p.Scores.ObjectScore > 0 ? p.Scores.Iou : -p.Scores.Iou, 2)).Take(pathways).ToList();
        // If too few masks differ, at least the memories do.
        foreach (var other in sorted.DistinctBy(p => p.Branch.Pathway))
        {
            if (chosen.Count == pathways) break;
            if (chosen.All(c => c.Branch.Pathway != other.Branch.Pathway)) chosen.Add(other);
        }

        return chosen;
    }

    /// <summary>
    /// Forgets what no frame will attend to: the good frames nearest to this one stay, in both directions, those around the first prompted frame, where
    /// tracking the other way begins, and this one, which a prompt may correct.
    /// </summary>
    private void Prune(MemoryPathway pathway, int frame)
    {
        var good = pathway.Nodes.Values.Where(IsGood).ToList();
        var kept = good.Where(n => n.Frame <= frame).TakeLast(PointersKept).Concat(good.Where(n => n.Frame > frame).Take(PointersKept)).ToHashSet();
        if (_conditioning.Count > 0)
        {
            var first = _conditioning.Keys.Min();
            kept.UnionWith(good.OrderBy(n => Math.Abs(n.Frame - first)).Take(_config.NumMaskmem - 1));
        }

        pathway.Keep(n => n.Frame == frame || kept.Contains(n));
    }

    /// <summary>Drops all pathways but the leading one.</summary>
    private void StartFromLeading()
    {
        Forget(_pathways[1..]);
        _pathways = [Leading];
        (Leading.Score, _last) = (0, null);
    }

    private static void Forget(IEnumerable<MemoryPathway> pathways)
    {
        foreach (var pathway in pathways) pathway.Keep(_ => false);
    }

    private sealed record SavedState(IReadOnlyList<SavedNode> Nodes, IReadOnlyList<SavedPathway> Pathways, int? LastFrame, bool Reverse);

    private sealed record SavedNode(int Frame, double Iou, double ObjectScore, bool Shown);

    private sealed record SavedPathway(double Score, IReadOnlyList<int> Nodes);
}
