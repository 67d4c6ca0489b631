using NUnit.Framework;
using static TorchSharp.torch;

namespace TestSupport;

/// <summary>Comparisons at the tolerances of the golden files.</summary>
public static class Close
{
    /// <summary>No element differs by more than <paramref name="fraction"/> of the expected tensor's standard deviation.</summary>
    public static void ToStandardDeviation(Tensor actual, Tensor expected, double fraction, string name)
    {
        using var scope = NewDisposeScope();
        Assert.That(actual.shape, Is.EqualTo(expected.shape), $"shape of {name}");
        var wanted = expected.to(float64);
        Within(actual, wanted, fraction * wanted.std().item<double>(), name);
    }

    /// <summary>No element differs by more than <paramref name="tolerance"/>.</summary>
    public static void Within(Tensor actual, Tensor expected, double tolerance, string name)
    {
        using var scope = NewDisposeScope();
        Assert.That(actual.shape, Is.EqualTo(expected.shape), $"shape of {name}");
        var difference = (actual.to(float64) - expected.to(float64)).abs().max().item<double>();
        Assert.That(difference, Is.LessThanOrEqualTo(tolerance), $"largest difference of {name}");
    }

    /// <summary>Intersection over union of two boolean masks; 1 where both are empty.</summary>
    public static double Iou(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        var union = a.logical_or(b).sum().item<long>();
        return union == 0 ? 1 : (double)a.logical_and(b).sum().item<long>() / union;
    }
}
