using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>
/// Sessions against the original's video predictor: masks, low-resolution logits and object scores of every frame and object,
/// with deterministic and with trained weights.
/// </summary>
[TestFixture("nano")]
[TestFixture("trained")]
public class VideoParityTests(string weights)
{
    /// <summary>Fraction of the pixels that differs between two releases of PyTorch on these very files.</summary>
    private const double DifferingBetweenReleases = 3e-4;

    private GoldenFile _click = null!;

    [OneTimeSetUp]
    public void Open() => _click = GoldenFile.Open($"video_click_{weights}.pt");

    [OneTimeTearDown]
    public void Free() => _click.Dispose();

    [Test]
    public void The_first_frame_is_preprocessed_as_the_original_does()
    {
        using var scope = NewDisposeScope();
        var input = FramePreprocessing.ToModelInput(Frames(_click).Read(0)!, 128, CPU);
        Assert.That((input[0] - _click["input0"]).abs().max().item<float>(), Is.LessThan(1e-5));
    }

    [Test]
    public void A_click_on_the_first_frame_is_followed()
    {
        using var model = TestModels.Nano(weights);
        using var session = new VideoSession(model, Frames(_click), Options);
        var clicked = session.AddPoints(0, 1, new PointPrompt(72, 81));
        AssertMasks(clicked, _click, "click.mask", 1, tolerance: 1e-3);

        AssertPass(session.Propagate(), _click, "forward", 14, logits: 1e-3, minIou: 0.999, minArea: 0);
    }

    [Test]
    public void Several_objects_are_prompted_corrected_added_removed_and_followed_backwards([Values] bool everythingConditions)
    {
        using var golden = GoldenFile.Open($"video_multi_{(everythingConditions ? "allcond_" : "")}{weights}.pt");
        // With random weights one rounding decides whole pixels: see AssertEqualWhereDecided.
        var chaotic = everythingConditions && weights == "nano";
        using var model = TestModels.Nano(weights);
        using var session = new VideoSession(model, Frames(_click), Options with
        {
            CorrectedFramesCondition = everythingConditions,
            NonOverlappingMasks = everythingConditions,
        });
        session.AddPoints(0, 1, new PointPrompt(72, 81), new PointPrompt(20, 20, IsForeground: false));
        session.AddBox(0, 7, new BoxPrompt(145, 85, 192, 132));
        using (var mask = golden.Mask("mask9")) session.AddMask(2, 9, BinaryMask.FromTensor(mask));
        AssertPass(session.Propagate(), golden, "pass1", 14, 1e-2, 0.99, 50, chaotic);

        var refined = session.AddPoints(6, 1, new PointPrompt(114, 93), new PointPrompt(60, 60, IsForeground: false));
        AssertMasks(refined, golden, "refine.mask", 3, tolerance: 1e-2, disjoint: everythingConditions);
        session.AddBox(5, 12, new BoxPrompt(150, 80, 190, 125));
        AssertPass(session.Propagate(), golden, "pass2", 14, 1e-2, 0.99, 50, chaotic);

        session.RemoveObject(7);
        AssertPass(session.Propagate(), golden, "pass3", 14, 1e-2, 0.99, 50, chaotic);
        AssertPass(session.Propagate(startFrame: 6, reverse: true), golden, "reverse", 7, 1e-2, 0.99, 50, chaotic);
    }

    private static VideoSessionOptions Options => new() { FillHoleArea = 0, ReturnLogits = true };

    private static FrameList Frames(GoldenFile golden)
    {
        using var frames = golden["frames"];
        return new FrameList([.. Enumerable.Range(0, (int)frames.shape[0]).Select(i =>
        {
            using var frame = frames[i];
            return RgbImage.FromTensor(frame);
        })]);
    }

    private static void AssertPass(
        IEnumerable<FrameMasks> pass, GoldenFile golden, string tag, int count, double logits, double minIou, int minArea,
        bool chaotic = false)
    {
        var frames = 0;
        foreach (var frame in pass)
        {
            frames++;
            using var scope = NewDisposeScope();
            var step = $"{tag}.{frame.Frame}";
            Assert.That(frame.Objects.Select(o => (long)o.ObjectId), Is.EqualTo(golden[step + ".ids"].data<long>().ToArray()), step);
            var expected = BinaryMask.FromTensors(golden.Mask(step + ".masks"));
            for (var i = 0; i < expected.Length; i++)
            {
                var (actual, id) = (frame.Objects[i], frame.Objects[i].ObjectId);
                var name = $"{step}, object {id}";
                Assert.That(actual.ObjectScore, Is.EqualTo(golden[$"{step}.score.{id}"].item<float>()).Within(1e-2), name);
                var expectedLogits = golden[$"{step}.low_res.{id}"];
                var actualLogits = tensor(actual.Logits!.Cast<float>().ToArray(), expectedLogits.shape);
                var spread = expectedLogits.std().item<float>();
                Assert.That((actualLogits - expectedLogits).abs().max().item<float>() / spread, Is.LessThan(logits), name);
                if (chaotic)
                {
                    AssertEqualWhereDecided(actual.Mask, expected[i], frame, i, golden, step, logits, name);
                    var differing = actual.Mask.Data.Zip(expected[i].Data, (a, b) => a ^ b).Sum();
                    Assert.That(differing, Is.LessThanOrEqualTo(DifferingBetweenReleases * expected[i].Data.Length), name);
                }
                else if (expected[i].Area > minArea) Assert.That(actual.Mask.Iou(expected[i]), Is.GreaterThanOrEqualTo(minIou), name);
            }
        }

        Assert.That(frames, Is.EqualTo(count), tag);
    }

    /// <summary>
    /// Disjoint masks of random weights: a pixel belongs to the object with the highest logit, many are nearly tied, and
    /// memories feed every change back. The original itself, with its weights changed by 3·10⁻⁷ of their size, falls to
    /// IoU 0.91 here, with oneDNN off to 0.975; so no pixel may differ where the original's logits differ by more
    /// than their tolerance, and no more pixels may than differ between releases of PyTorch, whatever the mask's area.
    /// </summary>
    private static void AssertEqualWhereDecided(
        BinaryMask actual, BinaryMask expected, FrameMasks frame, int index, GoldenFile golden, string step, double tolerance, string name)
    {
        using var scope = NewDisposeScope();
        var lowRes = frame.Objects.Select(o => golden[$"{step}.low_res.{o.ObjectId}"].unsqueeze(0).unsqueeze(0)).ToArray();
        var logits = MaskResize.Logits(cat(lowRes, 0), expected.Height, expected.Width).squeeze(1);
        var own = logits[index];
        var margin = own.abs();
        for (var other = 0; other < lowRes.Length; other++)
        {
            if (other != index) margin = minimum(margin, (own - logits[other]).abs());
        }

        var decided = margin > tolerance * Math.Max(lowRes[index].std().item<float>(), 1);
        var differs = actual.ToTensor().ne(expected.ToTensor());
        Assert.That(differs.logical_and(decided).any().item<bool>(), Is.False, name);
    }

    /// <summary>
    /// Masks against logits at the video's size: equal wherever the logits are farther from 0 than their tolerance. Which of two
    /// objects a pixel belongs to when masks are made disjoint is decided by the logits' difference, which isn't stored: three
    /// pixels in 10,000 may go to the other object, as they do between releases of PyTorch.
    /// </summary>
    private static void AssertMasks(
        FrameMasks actual, GoldenFile golden, string key, int count, double tolerance, bool disjoint = false)
    {
        using var scope = NewDisposeScope();
        var logits = golden[key];
        Assert.That(actual.Objects, Has.Count.EqualTo(count));
        for (var i = 0; i < count; i++)
        {
            var expected = logits[i];
            var decided = expected.abs() > tolerance * Math.Max(expected.std().item<float>(), 1);
            var differs = actual.Objects[i].Mask.ToTensor().ne(expected > 0);
            Assert.That(
                differs.logical_and(decided).sum().item<long>(), Is.LessThanOrEqualTo(disjoint ? DifferingBetweenReleases * differs.numel() : 0), $"{key}, {i}");
        }
    }
}
