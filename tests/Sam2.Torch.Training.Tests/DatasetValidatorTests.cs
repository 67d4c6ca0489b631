using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Training.Validation;
using TestSupport;

namespace Sam2.Torch.Training.Tests;

public sealed class DatasetValidatorTests
{
    [Test]
    public void A_trained_model_tracks_and_segments_far_better_than_chance_and_the_first_score_is_the_mean()
    {
        using var model = ModelLoader.Load(RepositoryFiles.Weights("sam2.1_hiera_micro.pt"));
        var options = new ProceduralOptions { FrameCount = 4, MaxObjects = 1, MaxDistractors = 0, MinRadius = 0.25, Clutter = 0, LeaveProbability = 0 };
        var scores = new DatasetValidator(
            new ProceduralDataset(3, 5, options), [PromptKind.Click1, PromptKind.Mask], new ProceduralDataset(4, 6, options with { FrameCount = 1 }), [1, 3])
            .Validate(model, CancellationToken.None);
        TestContext.Out.WriteLine(string.Join(" ", scores));
        Assert.That(scores.Select(s => s.Key), Is.EqualTo(new[]
        {
            "mean", "video_click1_j&f", "video_mask_j&f", "image_1_click_miou", "image_3_clicks_miou", "video_click1_j", "video_mask_j",
        }));
        Assert.That(scores[0].Value, Is.EqualTo(scores.Skip(1).Take(4).Average(s => s.Value)).Within(1e-12));
        Assert.That(scores.Select(s => s.Value), Has.All.InRange(0.3, 1));
    }
}
