using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tracking;

/// <summary>A frame in the memory bank, and where it stands in time as seen from the frame that attends to it.</summary>
/// <param name="Frame">Index of the remembered frame.</param>
/// <param name="Conditioning">Whether it is looked up among the conditioning frames or among the others.</param>
/// <param name="Offset">
/// For spatial memories the temporal position: 0 for conditioning frames, else 1 (earliest) to NumMaskmem − 1 (adjacent frame).
/// For object pointers the distance in frames, in tracking order, signed if the configuration says so.
/// </param>
public readonly record struct MemoryReference(int Frame, bool Conditioning, int Offset);

/// <summary>Chooses what a frame attends to among what is remembered.</summary>
/// <param name="config">The model's architecture.</param>
/// <param name="at">The frame that attends.</param>
/// <param name="bank">What is remembered.</param>
/// <param name="training">Whether the model is in training mode.</param>
public delegate MemorySelection MemorySelector(Sam2Config config, FramePosition at, IMemoryBank bank, bool training);

/// <summary>
/// Which memories and object pointers a frame attends to: a pure function of frame indices
/// (sam2/modeling/sam2_base.py, <c>_prepare_memory_conditioned_features</c>; sam2_utils.py, <c>select_closest_cond_frames</c>).
/// </summary>
/// <param name="Memories">Spatial memories: conditioning frames, then the last others, the earliest first.</param>
/// <param name="Pointers">Object pointers: conditioning frames, then the last others, the latest first.</param>
/// <param name="MaxPointers">Most pointers that a frame of this video can attend to; temporal encodings are scaled by it.</param>
public sealed record MemorySelection(
    IReadOnlyList<MemoryReference> Memories, IReadOnlyList<MemoryReference> Pointers, int MaxPointers)
{
    /// <summary>SAM 2's choice among the memories of a bank.</summary>
    /// <param name="config">Switches of the architecture.</param>
    /// <param name="at">The frame that attends.</param>
    /// <param name="bank">What is remembered.</param>
    /// <param name="training">Whether the switches that hold for inference only are off.</param>
    public static MemorySelection Select(Sam2Config config, FramePosition at, IMemoryBank bank, bool training) =>
        Select(config, at.Frame, bank.ConditioningFrames, bank.HasOther, at.NumFrames, at.Reverse, training);

    /// <summary>SAM 2's choice among remembered frames.</summary>
    /// <param name="config">Switches of the architecture.</param>
    /// <param name="frame">Index of the frame that attends.</param>
    /// <param name="conditioningFrames">Indices of the remembered conditioning frames, in order of arrival.</param>
    /// <param name="hasOther">Whether another frame of that index is remembered.</param>
    /// <param name="numFrames">Length of the video; null when unknown.</param>
    /// <param name="reverse">Whether tracking runs backwards in time.</param>
    /// <param name="training">Whether the switches that hold for inference only are off.</param>
    public static MemorySelection Select(
        Sam2Config config, int frame, IEnumerable<int> conditioningFrames, Func<int, bool> hasOther,
        int? numFrames, bool reverse, bool training)
    {
        var (selected, unselected) = SelectClosest(frame, conditioningFrames.ToList(), config.MaxCondFramesInAttn);
        var direction = reverse ? -1 : 1;

        var memories = selected.Select(t => new MemoryReference(t, Conditioning: true, Offset: 0)).ToList();
        for (var position = 1; position < config.NumMaskmem; position++)
        {
            var stride = training ? 1 : config.MemoryTemporalStrideForEval;
            var previous = FrameAt(frame, config.NumMaskmem - position, stride, reverse);
            if (hasOther(previous)) memories.Add(new(previous, Conditioning: false, position));
            else if (unselected.Contains(previous)) memories.Add(new(previous, Conditioning: true, position));
        }

        var maxPointers = Math.Min(numFrames ?? int.MaxValue, config.MaxObjPtrsInEncoder);
        var pointers = new List<MemoryReference>();
        if (!config.UseObjPtrsInEncoder) return new(memories, pointers, maxPointers);

        var pastOnly = config.OnlyObjPtrsInThePastForEval && !training;
        foreach (var t in selected)
        {
            var distance = (frame - t) * direction;
            if (pastOnly && distance < 0) continue;
            pointers.Add(new(t, Conditioning: true, config.UseSignedTposEncToObjPtrs ? distance : Math.Abs(distance)));
        }

        for (var distance = 1; distance < maxPointers; distance++)
        {
            var t = frame - distance * direction;
            if (t < 0 || t >= numFrames) break;
            if (hasOther(t)) pointers.Add(new(t, Conditioning: false, distance));
            else if (unselected.Contains(t)) pointers.Add(new(t, Conditioning: true, distance));
        }

        return new(memories, pointers, maxPointers);
    }

    /// <summary>
    /// The conditioning frames to attend to when there are more than allowed: the closest before, the closest at or after,
    /// then whichever is closest in time.
    /// </summary>
    private static (List<int> Selected, HashSet<int> Unselected) SelectClosest(int frame, List<int> frames, int limit)
    {
        if (limit < 0 || frames.Count <= limit) return (frames, []);

        var selected = new List<int>();
        var before = frames.Where(t => t < frame).DefaultIfEmpty(-1).Max();
        if (before >= 0) selected.Add(before);
        var after = frames.Where(t => t >= frame).DefaultIfEmpty(-1).Min();
        if (after >= 0) selected.Add(after);
        var rest = frames.Where(t => t != before && t != after).OrderBy(t => Math.Abs(t - frame));
        selected.AddRange(rest.Take(limit - selected.Count));
        return (selected, frames.Except(selected).ToHashSet());
    }

    /// <summary>
    /// The frame <paramref name="steps"/> memories ago: the adjacent one for 1, beyond it only multiples of the stride.
    /// </summary>
    private static int FrameAt(int frame, int steps, int stride, bool reverse)
    {
        if (steps == 1) return reverse ? frame + 1 : frame - 1;
        return reverse
            ? -FloorDivide(-(frame + 2), stride) * stride + (steps - 2) * stride
            : FloorDivide(frame - 2, stride) * stride - (steps - 2) * stride;
    }

    private static int FloorDivide(int value, int divisor) => (int)Math.Floor((double)value / divisor);
}
