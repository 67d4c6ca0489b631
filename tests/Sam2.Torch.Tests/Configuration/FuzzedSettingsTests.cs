using NUnit.Framework;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tests.Configuration;

/// <summary>What fuzzing found in readers of settings (tests/Sam2.Fuzz).</summary>
public class FuzzedSettingsTests
{
    [TestCase("a: ['person', \"bicycle\", \0\0\0N\nextra: {deep: [1, {x: y}]}\n", Description = "a character that YAML has not")]
    [TestCase("value: {image_size:\n\nx:\r\n", Description = "a brace that is not closed")]
    [TestCase("checkpoint: {every: 10, ke---\nteps: [1, 2]}\n", Description = "the mark of a new document within braces")]
    public void An_open_bracket_is_refused(string text) => Assert.That(
        () => PlainYaml.Parse("x.yaml", text, ""), Throws.TypeOf<ConfigurationException>().With.Message.StartsWith("x.yaml: is not valid YAML"));

    [Test]
    public void Stages_with_more_blocks_than_can_be_counted_are_refused()
    {
        var nano = Sam2Presets.Nano;
        var config = nano with { ImageEncoder = nano.ImageEncoder with { Trunk = (HieraConfig)nano.ImageEncoder.Trunk with { Stages = [int.MaxValue, int.MaxValue, 1, 1] } } };
        // Whatever else is refused of it, the sum must not overflow.
        Assert.That(() => ConfigValidation.Require("x.yaml", config), Throws.Nothing.Or.TypeOf<ConfigurationException>());
    }
}
