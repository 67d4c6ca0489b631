using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

[TestFixture]
public class VideoMaskGeneratorTests
{
    private static readonly VideoMaskGeneratorOptions Options = new()
    {
        Candidates = new() { PointsPerSide = 8, PredIouThreshold = 0.6, StabilityScoreThreshold = 0.6 },
        SearchInterval = 4,
        MaxObjects = 8,
        MinStability = 0.6,
        DuplicateFrames = 2,
        MinLength = 3,
    };

    private Sam2Model _model = null!;
    private DrawnVideo _video = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _model = TestModels.Shipped();
        _video = new DrawnVideo(10, 160, 120);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void Drawn_objects_are_found_and_followed()
    {
        using var generator = new VideoMaskGenerator(_model, _video, Options);
        var frames = generator.Generate().ToList();
        Assert.That(frames.Select(f => f.Frame), Is.EqualTo(Enumerable.Range(0, 10)));
        var kept = generator.Masklets.Where(m => m.Verdict == MaskletVerdict.Keep).Select(m => m.Id).ToList();
        foreach (byte truth in new byte[] { 2, 3 })
        {
            var best = kept.Max(id => frames.Average(f =>
                f.Masks.SingleOrDefault(m => m.MaskletId == id)?.Mask.Decode().Iou(_video.Drawn(f.Frame).Mask(truth)) ?? 0));
            Assert.That(best, Is.GreaterThan(0.7), $"object {truth}");
        }
    }

    [Test]
    public void Objects_that_turn_up_later_are_found_at_the_interval()
    {
        var video = new LateVideo(_video, empty: 6);
        using var generator = new VideoMaskGenerator(_model, video, Options);
        var frames = generator.Generate().ToList();
        Assert.That(frames, Has.Count.EqualTo(10));
        var late = generator.Masklets.Where(m => m.FirstFrame > 0).ToList();
        Assert.That(late, Is.Not.Empty);
        Assert.That(late.Select(m => m.FirstFrame), Is.All.EqualTo(8));
        Assert.That(late.Max(m => frames[9].Masks.SingleOrDefault(f => f.MaskletId == m.Id)?.Mask.Decode().Iou(_video.Drawn(9).Mask(2)) ?? 0), Is.GreaterThan(0.7));
    }

    [Test]
    public void No_new_objects_are_looked_for_without_an_interval()
    {
        using var generator = new VideoMaskGenerator(_model, new LateVideo(_video, empty: 3), Options with { SearchInterval = 0 });
        _ = generator.Generate().ToList();
        Assert.That(generator.Masklets.Select(m => m.FirstFrame), Is.All.Zero);
    }

    [Test]
    public void The_number_of_objects_is_bounded_and_the_best_come_first()
    {
        using var all = new VideoMaskGenerator(_model, _video, Options);
        using var few = new VideoMaskGenerator(_model, _video, Options with { MaxObjects = 2 });
        var best = all.Generate().First().Masks.Take(2).Select(m => m.Mask);
        var frames = few.Generate().ToList();
        Assert.That(frames[0].Masks.Select(m => m.Mask), Is.EqualTo(best));
        Assert.That(frames.Select(f => f.Masks.Count), Is.All.LessThanOrEqualTo(2));
    }

    [Test]
    public void A_run_that_is_taken_up_again_goes_on_as_if_it_had_not_stopped([Values(1, 5)] int stopAfter)
    {
        using var folder = new TemporaryFolder();
        using var whole = new VideoMaskGenerator(_model, _video, Options);
        var expected = whole.Generate().ToList();

        using (var first = new VideoMaskGenerator(_model, _video, Options))
        {
            _ = first.Generate().Take(stopAfter).Count();
            first.Save(folder["state.pt"]);
        }

        using var second = VideoMaskGenerator.Resume(folder["state.pt"], _model, _video, Options);
        Assert.That(second.NextFrame, Is.EqualTo(stopAfter));
        var actual = second.Generate().ToList();
        Assert.That(actual, Has.Count.EqualTo(10 - stopAfter));
        foreach (var (a, e) in actual.Zip(expected.Skip(stopAfter)))
        {
            Assert.That(a.Frame, Is.EqualTo(e.Frame));
            // Not every libtorch computes the same numbers to the last bit in two runs.
            Assert.That(a.Masks.Select(m => m with { ObjectScore = 0 }), Is.EqualTo(e.Masks.Select(m => m with { ObjectScore = 0 })));
            Assert.That(a.Masks.Select(m => m.ObjectScore), Is.EqualTo(e.Masks.Select(m => m.ObjectScore)).Within(1e-5));
        }

        Assert.That(second.Masklets, Is.EqualTo(whole.Masklets));
    }

    [Test]
    public void Cancelling_a_search_changes_nothing()
    {
        using var cancel = new CancellationTokenSource();
        using var generator = new VideoMaskGenerator(_model, _video, Options);
        _ = generator.Generate().Take(4).Count();
        var before = generator.Masklets;
        cancel.Cancel();
        Assert.That(() => generator.Generate(cancellationToken: cancel.Token).First(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(generator.NextFrame, Is.EqualTo(4));
        Assert.That(generator.Masklets, Is.EqualTo(before));
        Assert.That(generator.Generate().First().Frame, Is.EqualTo(4));
    }

    [Test]
    public void Small_regions_are_removed_from_masks()
    {
        using var generator = new VideoMaskGenerator(_model, _video, Options with { MinRegionArea = 50 });
        foreach (var mask in generator.Generate().SelectMany(f => f.Masks).Select(m => m.Mask.Decode()))
            Assert.That(mask.Area < 50 || !MaskCleanup.RemoveSmallRegions(mask, 50, SmallRegions.Islands).Changed);
    }

    [Test]
    public void Nothing_is_left_behind()
    {
        void Run()
        {
            using var generator = new VideoMaskGenerator(_model, _video, Options);
            _ = generator.Generate().Take(6).Count();
        }

        Run();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Run();
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void A_state_of_another_video_or_another_kind_is_refused()
    {
        using var folder = new TemporaryFolder();
        using (var generator = new VideoMaskGenerator(_model, _video, Options)) generator.Save(folder["state.pt"]);
        Assert.That(
            () => VideoMaskGenerator.Resume(folder["state.pt"], _model, new DrawnVideo(3, 80, 60), Options),
            Throws.InstanceOf<CheckpointException>().With.Message.Contains("160×120"));
        CheckpointWriter.Save(folder["other.pt"], new Dictionary<string, Tensor>());
        Assert.That(
            () => VideoMaskGenerator.Resume(folder["other.pt"], _model, _video, Options),
            Throws.InstanceOf<CheckpointException>().With.Message.Contains("isn't a state"));
    }

    [TestCase("\"Ledger\":{", "\"Ledger\":null,\"x\":{", "damaged")]
    [TestCase("\"Objects\":[", "\"Objects\":[null,", "contradicts")]
    [TestCase("\"NextFrame\":1", "\"NextFrame\":-1", "contradicts")]
    [TestCase("\"NextFrame\":1", "\"NextFrame\":\"a\"", "NextFrame")]
    [TestCase("\"Entries\":[{\"Id\":1,", "\"Entries\":[{\"Id\":2,", "contradicts")]
    [TestCase("\"Conditioning\":[0", "\"Conditioning\":[0,0", "contradicts")]
    [TestCase("\"Tracked\":", "\"Tracked\":null,\"x\":", "damaged")]
    public void A_state_with_impossible_content_is_refused(string found, string damaged, string cause)
    {
        const string Entry = "video_mask_generator";
        using var folder = new TemporaryFolder();
        using (var generator = new VideoMaskGenerator(_model, _video, Options))
        {
            _ = generator.Generate().Take(1).Count();
            generator.Save(folder["state.pt"]);
        }

        using (var checkpoint = Checkpoint.Open(folder["state.pt"]))
        {
            var state = (string)checkpoint.Entries[Entry]!;
            Assert.That(state, Does.Contain(found));
            var at = state.IndexOf(found, StringComparison.Ordinal);
            CheckpointWriter.Save(folder["bad.pt"], checkpoint, new PlainDictionary([new KeyValuePair<string, object?>(Entry, state[..at] + damaged + state[(at + found.Length)..])]));
        }

        Assert.That(
            () => VideoMaskGenerator.Resume(folder["bad.pt"], _model, _video, Options),
            Throws.TypeOf<CheckpointException>().With.Message.Contains(cause).And.Message.Contains("bad.pt"));
    }

    [Test]
    public void Options_out_of_range_are_refused() => Assert.That(
        () => new VideoMaskGenerator(_model, _video, Options with { MaxObjects = 0 }), Throws.ArgumentException.With.Message.Contains("MaxObjects is 0"));

    /// <summary>A video that is grey at first.</summary>
    private sealed class LateVideo(DrawnVideo video, int empty) : IFrameSource
    {
        public int? FrameCount => video.FrameCount;

        public int Width => video.Width;

        public int Height => video.Height;

        public RgbImage? Read(int frame)
        {
            if (video.Read(frame) is not { } image || frame >= empty) return video.Read(frame);
            var grey = new RgbImage(image.Width, image.Height);
            grey.Pixels.AsSpan().Fill(128);
            return grey;
        }
    }
}
