using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>What tools/goldens/family.py stores for each relative of SAM 2.</summary>
internal static class FamilyGoldens
{
    /// <summary>Compares the masks and scores of a click and of a box, several and one, with the original's.</summary>
    /// <param name="golden">The file.</param>
    /// <param name="prefix">What the names in the file begin with.</param>
    /// <param name="model">The model.</param>
    /// <param name="image">The picture, of 800×600 pixels.</param>
    /// <param name="tolerance">The largest difference of a logit, as a fraction of the expected standard deviation.</param>
    public static void CheckPredictions(GoldenFile golden, string prefix, Sam2Model model, Tensor image, double tolerance)
    {
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(image);
        foreach (var (prompt, value) in new[] { ("point", ObjectPrompt.FromPoints(new PointPrompt(400, 300))), ("box", ObjectPrompt.FromBox(150, 100, 620, 480)) })
        {
            foreach (var multimask in new[] { true, false })
            {
                var key = $"{prefix}{prompt}.{(multimask ? "multi" : "single")}";
                using var prediction = predictor.Predict(value, multimask);
                GoldenProbe.Check(golden, $"{key}.low_res", prediction.LowResLogits[0], tolerance);
                Close.Within(prediction.Scores[0], golden[$"{key}.iou"], 1e-3, $"{key}.iou");
            }
        }
    }
}
