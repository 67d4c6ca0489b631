using NUnit.Framework;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tests.Configuration;

public sealed class SpellingTests
{
    [TestCase("ImageSize", "image_size")]
    [TestCase("DModel", "d_model")]
    [TestCase("QPool", "q_pool")]
    [TestCase("RopeKRepeat", "rope_k_repeat")]
    [TestCase("IouUseL1Loss", "iou_use_l1_loss")]
    [TestCase("Fp32", "fp32")]
    [TestCase("OneAtATime", "one_at_a_time")]
    public void Names_are_spelt_in_files_as_the_original_does(string name, string inFiles) => Assert.That(Spelling.InFiles(name), Is.EqualTo(inFiles));

    [Test]
    public void The_closest_name_is_the_one_with_the_fewest_other_letters() =>
        Assert.That(Spelling.Closest("image_sise", ["image_size", "image_encoder", "memory_size"]), Is.EqualTo("image_size"));
}
