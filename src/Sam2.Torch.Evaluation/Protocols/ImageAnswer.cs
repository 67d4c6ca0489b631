using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What the model answered to one prompt: all its masks, and which of them it thinks best.</summary>
/// <param name="Masks">One mask or three.</param>
/// <param name="Choice">Index of the one with the highest predicted IoU.</param>
/// <param name="Logits">The chosen one's logits, <c>[h, w]</c>, which a later prompt can refine.</param>
internal sealed record ImageAnswer(IReadOnlyList<BinaryMask> Masks, int Choice, Tensor Logits)
{
    /// <summary>The mask that the model thinks best.</summary>
    public BinaryMask Mask => Masks[Choice];

    /// <summary>The IoU of the best mask, whichever the model preferred.</summary>
    public double OracleIou(BinaryMask truth) => Masks.Max(m => m.Iou(truth));

    /// <summary>Asks for several objects of the predictor's image. The logits belong to the caller's dispose scope.</summary>
    public static ImageAnswer[] Ask(ImagePredictor predictor, IReadOnlyList<ObjectPrompt> prompts, bool multimask)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var prediction = predictor.Predict(prompts, multimask);
        var choices = prediction.Scores.argmax(1).cpu().data<long>().ToArray();
        var masks = BinaryMask.FromTensors(prediction.Masks);
        int perObject = masks.Length / prompts.Count;
        var answers = new ImageAnswer[prompts.Count];
        for (int i = 0; i < answers.Length; i++)
        {
            int choice = (int)choices[i];
            answers[i] = new ImageAnswer(
                masks[(i * perObject)..((i + 1) * perObject)], choice, prediction.LowResLogits[i][choice].clone().MoveToOuterDisposeScope());
        }

        return answers;
    }
}
