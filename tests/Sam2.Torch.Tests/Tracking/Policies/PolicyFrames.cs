using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using Sam2.Torch.Tracking.Policies;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Tracking.Policies;

/// <summary>Frames as a tracker gives them to a policy, made of rectangles instead of a model.</summary>
internal static class PolicyFrames
{
    public const int Side = 32;

    /// <summary>A candidate's mask is this rectangle; null for an empty mask.</summary>
    public readonly record struct Candidate(MaskBox? Box, double Iou);

    public static Candidate Mask(double left, double top, double width, double height, double iou) => new(new MaskBox(left, top, left + width, top + height), iou);

    /// <summary>Lets a policy choose, and gives it what it chose.</summary>
    /// <returns>The candidate that it chose.</returns>
    public static int Track(ScoredMemoryBank policy, int frame, double objectScore, params Candidate[] candidates)
    {
        using var scope = NewDisposeScope();
        var masks = stack(candidates.Select(c => Logits(c.Box)).ToArray()).unsqueeze(0);
        var chosen = policy.Choose(new FramePosition(frame), new MaskCandidates(
            masks, tensor(candidates.Select(c => (float)c.Iou).ToArray()).unsqueeze(0), zeros(1, candidates.Length, 8), full(1, 1, objectScore)));
        policy.Add(frame, Output(candidates[chosen].Box, objectScore), conditioning: false);
        return chosen;
    }

    /// <summary>Prompts a policy with a rectangle.</summary>
    public static void Prompt(IMemoryPolicy policy, int frame, MaskBox box)
    {
        policy.Add(frame, Output(box, 10), conditioning: true);
        policy.OnPrompted(frame);
    }

    public static FrameOutput Output(MaskBox? box, double objectScore)
    {
        using var scope = NewDisposeScope();
        return new FrameOutput(Logits(box).reshape(1, 1, Side, Side), zeros(1, 8), full(1, 1, objectScore), zeros(1, 4, 4));
    }

    /// <summary>The frames that are attended to, with their positions in time.</summary>
    public static (int Frame, int Position)[] Attended(IMemoryBank bank, Sam2.Torch.Configuration.Sam2Config config, int frame, bool reverse = false) =>
        [.. bank.Select(config, new FramePosition(frame, Reverse: reverse), training: false).Memories.Select(m => (m.Frame, m.Offset))];

    private static Tensor Logits(MaskBox? box)
    {
        var values = Enumerable.Repeat(-5f, Side * Side).ToArray();
        if (box is { } b)
        {
            for (var y = (int)b.Top; y < b.Bottom; y++)
                for (var x = (int)b.Left; x < b.Right; x++) values[y * Side + x] = 5;
        }

        return tensor(values, [Side, Side]);
    }
}
