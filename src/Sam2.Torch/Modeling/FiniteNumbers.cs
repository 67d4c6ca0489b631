using System.Globalization;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Finds what is no number. Compared with a threshold, NaN is an empty mask or a hidden object, which looks like an answer.
/// </summary>
internal static class FiniteNumbers
{
    /// <summary>Throws if a model's answer holds NaN.</summary>
    /// <param name="model">The model, whose weights are looked through only then.</param>
    /// <param name="answer">Tensors of any shape.</param>
    /// <exception cref="ModelOutputException">It does; the message says whether weights do too.</exception>
    public static void Require(IPromptableModel model, params ReadOnlySpan<Tensor> answer)
    {
        using var scope = NewDisposeScope();
        var sum = Sum(answer[0]);
        foreach (var tensor in answer[1..]) sum = sum.Plus(Sum(tensor));
        if (!float.IsNaN(sum.item<float>())) return;
        if (DescribeWeights(model) is { } weights)
            throw new ModelOutputException($"The model gives NaN (not a number) instead of masks, because its weights are not finite: {weights}. Use another checkpoint, such as one from before a training run diverged.");
        var type = model.Precision;
        throw new ModelOutputException(
            "The model gives NaN (not a number) instead of masks, although its weights are finite. " + (type == ScalarType.Float32
                ? "Does its configuration fit the weights?"
                : $"Numbers became too large for {type.ToString().ToLowerInvariant()}; use float32."));
    }

    /// <summary>Which weights are NaN or infinite: the first by its name, and how many others; null if none is.</summary>
    public static string? DescribeWeights(IPromptableModel model)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var bad = new List<(string Name, long Count, long Of)>();
        foreach (var (name, weight) in model.Module.named_parameters())
        {
            using var one = NewDisposeScope();

            // A sum is finite unless a number isn't, or numbers are so large that they are looked at one by one.
            if (float.IsFinite(Sum(weight).item<float>())) continue;
            var count = weight.isfinite().logical_not().sum().item<long>();
            if (count > 0) bad.Add((name, count, weight.numel()));
        }

        if (bad.Count == 0) return null;
        var others = bad.Count == 1 ? "" : $", and so in {bad.Count - 1} other tensor{(bad.Count == 2 ? "" : "s")}";
        return string.Create(CultureInfo.InvariantCulture, $"{bad[0].Count} of {bad[0].Of} numbers in {bad[0].Name} are NaN or infinite{others}");
    }

    private static Tensor Sum(Tensor tensor) => tensor.sum(ScalarType.Float32);
}

/// <summary>A model gives something that is no number, so there is no mask. Says whether its weights are the cause.</summary>
/// <param name="message">What is wrong and what to do about it.</param>
public sealed class ModelOutputException(string message) : Sam2Exception(message);
