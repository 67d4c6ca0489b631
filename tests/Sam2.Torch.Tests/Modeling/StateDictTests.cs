using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

public sealed class StateDictTests
{
    public static IEnumerable<string> Published => Sam2Presets.ByName.Keys.Where(name => name.StartsWith("sam2", StringComparison.Ordinal) && Sam2Presets.ByName[name].ImageSize == 1024);

    [TestCaseSource(nameof(Published))]
    public void Keys_and_shapes_are_those_of_the_published_checkpoint(string name)
    {
        using var scope = NewDisposeScope();
        using var model = new Sam2Model(Sam2Presets.ByName[name]);
        var expected = File.ReadAllLines(RepositoryFiles.Golden($"keys_{name}.txt"));
        var actual = model.state_dict().Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape)}]");
        Assert.That(actual, Is.EquivalentTo(expected));
    }

    [TestCase("sam2.1_hiera_t", 38_962_754)]
    [TestCase("sam2.1_hiera_s", 46_060_610)]
    [TestCase("sam2.1_hiera_b+", 80_850_434)]
    [TestCase("sam2.1_hiera_l", 224_446_898)]
    [TestCase("sam2_hiera_t", 38_946_242)]
    [TestCase("sam2_hiera_s", 46_044_098)]
    [TestCase("sam2_hiera_b+", 80_833_922)]
    [TestCase("sam2_hiera_l", 224_430_386)]
    public void Elements_are_as_many_as_in_the_published_checkpoint(string name, long elements)
    {
        using var scope = NewDisposeScope();
        using var model = new Sam2Model(Sam2Presets.ByName[name]);
        Assert.That(model.state_dict().Values.Sum(value => value.numel()), Is.EqualTo(elements));
    }
}
