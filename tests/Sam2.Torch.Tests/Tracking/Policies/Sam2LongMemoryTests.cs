using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using Sam2.Torch.Tracking.Policies;
using TestSupport;
using static Sam2.Torch.Tests.Tracking.Policies.PolicyFrames;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Tracking.Policies;

[TestFixture]
public class Sam2LongMemoryTests
{
    private static readonly Sam2Config Config = Sam2Presets.Nano;

    [Test]
    public void On_a_certain_frame_the_highest_cumulative_scores_go_on()
    {
        var chosen = Sam2LongMemory.Prune(
            [Proposal(0, 0, 0.9, 3, -0.2), Proposal(0, 1, 0.9, 3, -0.1), Proposal(1, 0, 0.8, 1, -0.3), Proposal(1, 1, 0.5, 1, -0.9)], pathways: 3, uncertainty: 2);
        Assert.That(chosen.Select(c => c.Branch), Is.EqualTo(new Branch[] { new(0, 1), new(0, 0), new(1, 0) }));
    }

    [Test]
    public void On_an_uncertain_frame_masks_go_on_that_differ_in_two_decimals()
    {
        var chosen = Sam2LongMemory.Prune(
            [
                Proposal(0, 0, 0.901, 2, -0.1), Proposal(0, 1, 0.899, 2, -0.2), Proposal(0, 2, 0.7, 2, -0.5),
                Proposal(1, 0, 0.9, -1.9, -0.3), Proposal(1, 1, 0.7, -1.9, -0.6), Proposal(1, 2, 0.4, -1.9, -0.9),
            ],
            pathways: 3, uncertainty: 2);
        Assert.That(chosen.Select(c => c.Branch), Is.EqualTo(new Branch[] { new(0, 0), new(1, 0), new(0, 2) }), "0.90, −0.90 as its object is hidden, 0.70");
    }

    [Test]
    public void Where_too_few_masks_differ_the_other_pathways_go_on()
    {
        var chosen = Sam2LongMemory.Prune(
            [Proposal(0, 0, 0.9, 1, -0.1), Proposal(0, 1, 0.9, 1, -0.2), Proposal(1, 0, 0.9, 1, -0.4), Proposal(1, 1, 0.9, 1, -0.3)], pathways: 3, uncertainty: 2);
        Assert.That(chosen.Select(c => c.Branch), Is.EqualTo(new Branch[] { new(0, 0), new(1, 1) }));
    }

    [Test]
    public void Weights_follow_the_rank_of_scores()
    {
        Assert.That(MemoryPathway.Ranked([10, -3, 4], 0.95, 1.05), Is.EqualTo(new[] { 1.05, 0.95, 1.0 }).Within(1e-12));
        Assert.That(MemoryPathway.Ranked([2], 0.95, 1.05), Is.EqualTo(new[] { 1.0 }));
    }

    [Test]
    public void Pathways_grow_from_the_branches_with_the_best_sums_of_logarithms()
    {
        using var policy = new Sam2LongMemory(Config);
        Prompt(policy, 0, new MaskBox(4, 4, 12, 12));
        Assert.That(Step(policy, 1, [0.9, 0.8, 0.5]), Is.EqualTo(new Branch[] { new(0, 0), new(0, 1), new(0, 2) }));
        Assert.That(policy.PathwayScores, Is.EqualTo(new[] { 0, Math.Log(0.8 / 0.9), Math.Log(0.5 / 0.9) }).Within(1e-6));

        // 0.9 · 0.5 = 0.45, 0.8 · 0.9 = 0.72 and 0.8 · 0.7 = 0.56, 0.5 · 0.95 = 0.475.
        Assert.That(Step(policy, 2, [0.5, 0.4, 0.3], [0.9, 0.7, 0.1], [0.95, 0.2, 0.2]), Is.EqualTo(new Branch[] { new(1, 0), new(1, 1), new(2, 0) }));
        Assert.That(policy.PathwayScores, Is.EqualTo(new[] { 0, Math.Log(0.56 / 0.72), Math.Log(0.475 / 0.72) }).Within(1e-6));
    }

    [Test]
    public void Good_frames_are_attended_to_and_their_pointers_are_counted()
    {
        using var policy = new Sam2LongMemory(Config, new Sam2LongOptions { Pathways = 1 });
        Prompt(policy, 0, new MaskBox(4, 4, 12, 12));
        foreach (var (frame, iou, score) in new[] { (1, 0.9, 5.0), (2, 0.29, 5.0), (3, 0.9, -1.0), (4, 0.31, 0.1) })
            Step(policy, frame, score, [iou]);
        var selection = policy.Select(Config, new(5), training: false);
        var newest = Config.NumMaskmem - 1;
        Assert.That(selection.Memories, Is.EqualTo(new MemoryReference[] { new(0, true, 0), new(1, false, newest - 1), new(4, false, newest) }));
        Assert.That(selection.Pointers.Where(p => !p.Conditioning), Is.EqualTo(new MemoryReference[] { new(4, false, 1), new(1, false, 2) }));
    }

    [Test]
    public void The_tree_is_bounded_and_frees_what_it_forgets()
    {
        var outputs = new List<FrameOutput>();
        var policy = new Sam2LongMemory(Config);
        Prompt(policy, 0, new MaskBox(4, 4, 12, 12));
        var random = new Random(1);
        for (var frame = 1; frame <= 120; frame++)
        {
            var ious = Enumerable.Range(0, policy.PathwaysFor(new(frame)).Count).Select(_ => Enumerable.Range(0, 3).Select(_ => random.NextDouble()).ToArray()).ToArray();
            Step(policy, frame, 4 * random.NextDouble() - 1, outputs, ious);
        }

        var alive = outputs.Count(o => !o.MaskLogits.IsInvalid);
        Assert.That(alive, Is.LessThanOrEqualTo(3 * (Config.MaxObjPtrsInEncoder + Config.NumMaskmem)));
        Assert.That(policy.OtherFrames, Has.Count.LessThanOrEqualTo(Config.MaxObjPtrsInEncoder + Config.NumMaskmem));
        Assert.That(policy.Find(policy.OtherFrames.Max())!.Memory!.Features.IsInvalid, Is.False);
        policy.Dispose();
        Assert.That(outputs.All(o => o.MaskLogits.IsInvalid && o.Memory!.Features.IsInvalid));
    }

    [Test]
    public void Equal_weights_attend_as_SAM_2_does()
    {
        using var model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 64 });
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        manual_seed(3);
        var (side, width) = (model.Config.ImageEmbeddingSize, model.Config.MemDim);
        FrameOutput Output() => new(zeros(1, 1, 4, 4), randn(1, model.Config.HiddenDim), ones(1, 1), randn(1, side * side, width));
        var embedding = randn(1, model.Config.HiddenDim, side, side);
        Tensor Conditioned(double low, double high)
        {
            using var policy = new Sam2LongMemory(model.Config, new Sam2LongOptions { LowWeight = low, HighWeight = high });
            manual_seed(4);
            policy.Add(0, Output(), conditioning: true);
            policy.Add(1, Output(), conditioning: false);
            var bank = policy.PathwaysFor(new(2))[0];
            var memories = model.GatherMemories(new(2), embedding, bank);
            var usual = model.ConditionOnMemory(embedding, memories);
            var weighed = ((IMemoryConditioner)bank).Condition(model, embedding, memories);
            return (weighed - usual).abs().max();
        }

        Assert.That(Conditioned(1, 1).item<float>(), Is.LessThan(1e-4f));
        Assert.That(Conditioned(0.5, 1.5).item<float>(), Is.GreaterThan(1e-3f));
    }

    private static (Branch Branch, FrameScores Scores, double Score) Proposal(int pathway, int mask, double iou, double objectScore, double score) =>
        (new Branch(pathway, mask), new FrameScores(iou, objectScore), score);

    private static IReadOnlyList<Branch> Step(Sam2LongMemory policy, int frame, params double[][] ious) => Step(policy, frame, 5, [], ious);

    private static IReadOnlyList<Branch> Step(Sam2LongMemory policy, int frame, double objectScore, params double[][] ious) =>
        Step(policy, frame, objectScore, [], ious);

    /// <summary>What a tracker does: asks for pathways, lets choose, gives back what was chosen.</summary>
    private static IReadOnlyList<Branch> Step(Sam2LongMemory policy, int frame, double objectScore, List<FrameOutput> outputs, double[][] ious)
    {
        using var scope = NewDisposeScope();
        var at = new FramePosition(frame);
        Assert.That(policy.PathwaysFor(at), Has.Count.EqualTo(ious.Length));
        var branches = policy.Choose(at, [.. ious.Select(own => new MaskCandidates(
            zeros(1, own.Length, Side, Side), tensor(own.Select(i => (float)i).ToArray()).unsqueeze(0), zeros(1, own.Length, 8), full(1, 1, objectScore)))]);
        var made = branches.Select(_ => Output(new MaskBox(4, 4, 12, 12), objectScore)).ToList();
        outputs.AddRange(made);
        policy.Grow(at, made);
        policy.Add(frame, made[0], conditioning: false);
        return branches;
    }
}
