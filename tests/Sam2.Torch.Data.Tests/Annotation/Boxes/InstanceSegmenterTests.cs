using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Annotation.Boxes;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Data.Tests.Annotation.Boxes;

/// <summary>A segmentation network made by make.py beside this file: it finds what is red and what is blue, with a prototype that shows both.</summary>
public class InstanceSegmenterTests
{
    private static readonly AnnotationBox Red = new(30, 20, 60, 40);
    private static readonly AnnotationBox Blue = new(120, 60, 80, 70);

    [TestCase(320, 200, 320)]
    [TestCase(320, 200, 640)]
    [TestCase(220, 400, 320)]
    public void Masks_come_back_to_the_picture_and_end_at_their_boxes(int width, int height, int size)
    {
        using var network = new InstanceSegmenter(PathOf("segmenter"), new DetectorOptions { ImageSize = size });
        var found = network.Segment(DetectorTests.Picture(width, height));
        Assert.That(found.Select(o => o.Category), Is.EquivalentTo(new[] { 0, 1 }));
        foreach (var item in found)
        {
            var truth = new BinaryMask(height, width);
            var box = item.Category == 0 ? Red : Blue;
            for (var y = (int)box.Y; y < box.Y + box.Height; y++) truth.Row(y).Slice((int)box.X, (int)box.Width).Fill(1);
            // Prototypes are four times as coarse as the network's picture, so edges are right to about two pixels.
            Assert.That(item.Shape!.ToMask().Iou(truth), Is.GreaterThan(0.9), $"mask of class {item.Category}");
            Assert.That(item.Score, Is.EqualTo(0.9).Within(1e-6));
        }
    }

    [Test]
    public void A_mask_never_leaves_its_box()
    {
        using var network = new InstanceSegmenter(PathOf("segmenter"), new DetectorOptions { ImageSize = 320 });
        var red = network.Segment(DetectorTests.Picture(320, 200)).Single(o => o.Category == 0).Shape!.ToRle().BoundingBox;
        Assert.That((red.X, red.Y, red.X + red.Width, red.Y + red.Height), Is.EqualTo((30, 20, 90, 60)));
    }

    [Test]
    public void Nothing_is_found_where_nothing_is()
    {
        using var network = new InstanceSegmenter(PathOf("segmenter"), new DetectorOptions { ImageSize = 160 });
        Assert.That(network.Segment(new RgbImage(60, 40)), Is.Empty);
    }

    [Test]
    public void Classes_and_weights_are_counted_without_the_masks_numbers()
    {
        using var network = new InstanceSegmenter(PathOf("segmenter"), new DetectorOptions { ImageSize = 160 });
        Assert.That(network.Categories, Has.Count.EqualTo(2));
        Assert.That(network.ParameterCount, Is.EqualTo(3));
    }

    [Test]
    public void A_detector_takes_the_boxes_of_a_segmentation_network()
    {
        using var detector = new Detector(PathOf("segmenter"), new DetectorOptions { ImageSize = 320 });
        Assert.That(detector.Categories, Has.Count.EqualTo(2));
        Assert.That(detector.Find("a.png", DetectorTests.Picture(320, 200)).Objects.Select(o => o.Category), Is.EquivalentTo(new[] { 0, 1 }));
    }

    [Test]
    public void A_network_without_masks_is_refused_by_name() =>
        Assert.That(() => new InstanceSegmenter(PathOf("detector")), Throws.TypeOf<AnnotationException>().With.Message.Contains("makes no masks"));

    [Test]
    public void Programs_are_told_from_weights_without_running_them()
    {
        Assert.That(InstanceSegmenter.IsTorchScript(PathOf("segmenter")));
        Assert.That(InstanceSegmenter.IsTorchScript(RepositoryFiles.Weights("sam2.1_hiera_micro.pt")), Is.False);
        Assert.That(InstanceSegmenter.IsTorchScript("no such file"), Is.False);
    }

    [Test]
    public void Segmenting_leaves_no_tensor_behind()
    {
        using var network = new InstanceSegmenter(PathOf("segmenter"), new DetectorOptions { ImageSize = 160 });
        var picture = DetectorTests.Picture(320, 200);
        network.Segment(picture);
        var before = torch.Tensor.TotalCount;
        network.Segment(picture);
        Assert.That(torch.Tensor.TotalCount, Is.EqualTo(before));
    }

    private static string PathOf(string name) =>
        Path.Combine(RepositoryFiles.Root, "tests", "Sam2.Torch.Data.Tests", "Annotation", "Boxes", name + ".pt");
}
