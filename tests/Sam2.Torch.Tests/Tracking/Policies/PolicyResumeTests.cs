using NUnit.Framework;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking.Policies;
using TestSupport;

namespace Sam2.Torch.Tests.Tracking.Policies;

[TestFixture]
public class PolicyResumeTests : FolderTests
{
    private const int Stop = 4;

    private Sam2Model _model = null!;
    private DrawnVideo _video = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _model = TestModels.Shipped();
        _video = new DrawnVideo(7, 160, 120);
    }

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [TestCase("samurai:stable_frames=2")]
    [TestCase("sam2long")]
    [TestCase("dam4sam:interval=1,min_iou=0.3,max_overlap=1")]
    [TestCase("efficient")]
    [TestCase("slow:interval=1")]
    public void An_interrupted_run_goes_on_as_if_it_had_not_been(string memory)
    {
        var options = new VideoMaskGeneratorOptions
        {
            Candidates = new() { PointsPerSide = 3, PredIouThreshold = 0.5, StabilityScoreThreshold = 0.5 },
            SearchInterval = 0,
            MaxObjects = 2,
            Tracking = new() { Memory = MemoryPolicies.Parse(memory).For(_model.Config) },
        };
        using var whole = new VideoMaskGenerator(_model, _video, options);
        var expected = whole.Generate().ToList();
        Assert.That(expected[^1].Masks, Is.Not.Empty);

        using (var first = new VideoMaskGenerator(_model, _video, options))
        {
            _ = first.Generate().Take(Stop).Count();
            first.Save(Folder["state.pt"]);
        }

        using var second = VideoMaskGenerator.Resume(Folder["state.pt"], _model, _video, options);
        Assert.That(
            second.Generate().SelectMany(frame => frame.Masks).Select(mask => (mask.MaskletId, mask.ObjectScore, mask.Mask)),
            Is.EqualTo(expected.Skip(Stop).SelectMany(frame => frame.Masks).Select(mask => (mask.MaskletId, mask.ObjectScore, mask.Mask))));
    }
}
