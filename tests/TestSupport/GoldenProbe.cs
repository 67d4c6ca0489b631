using NUnit.Framework;
using static TorchSharp.torch;

namespace TestSupport;

/// <summary>Tensors that are too large for a golden file: their shape, mean and deviation are stored, and values at some positions.</summary>
public static class GoldenProbe
{
    /// <summary>Compares a tensor with what a golden file has of it.</summary>
    /// <param name="golden">The file.</param>
    /// <param name="name">The tensor's name in the file.</param>
    /// <param name="actual">The tensor.</param>
    /// <param name="tolerance">The largest difference, as a fraction of the expected standard deviation.</param>
    public static void Check(GoldenFile golden, string name, Tensor actual, double tolerance)
    {
        using var scope = NewDisposeScope();
        Assert.That(actual.shape, Is.EqualTo(golden[$"{name}.shape"].data<long>().ToArray()), $"shape of {name}");
        var moments = golden[$"{name}.mean_std"].data<double>().ToArray();
        Close.Within(actual.detach().reshape(-1).index_select(0, golden[$"{name}.index"]), golden[$"{name}.value"], tolerance * moments[1], name);
        Assert.That(actual.to(float64).mean().item<double>(), Is.EqualTo(moments[0]).Within(tolerance * moments[1]), $"mean of {name}");
    }

    /// <summary>
    /// Compares the mask logits of an object with their probe, <c>NAME.logits</c>, and with its mask, <c>NAME.mask</c>: wherever a logit is farther from 0 than it may differ, its
    /// pixel has to be the same.
    /// </summary>
    /// <param name="golden">The file.</param>
    /// <param name="name">What the names in the file begin with.</param>
    /// <param name="logits"><c>[1, H, W]</c>.</param>
    /// <param name="tolerance">The largest difference of a logit, as a fraction of the expected standard deviation.</param>
    public static void CheckMask(GoldenFile golden, string name, Tensor logits, double tolerance)
    {
        using var scope = NewDisposeScope();
        Check(golden, $"{name}.logits", logits, tolerance);
        var margin = tolerance * golden[$"{name}.logits.mean_std"].data<double>()[1];
        var differs = (logits[0] > 0).ne(golden.Mask($"{name}.mask"));
        Assert.That(differs.logical_and(logits[0].abs() > margin).sum().item<long>(), Is.Zero, $"pixels of {name}");
    }
}
