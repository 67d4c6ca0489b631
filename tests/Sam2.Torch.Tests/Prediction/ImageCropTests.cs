using NUnit.Framework;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Tests.Prediction;

[TestFixture]
public class ImageCropTests
{
    [Test]
    public void Crops_overlap_and_cover_the_image_as_the_originals_do()
    {
        // What generate_crop_boxes((240, 320), 1, 512 / 1500) returns, as x, y, width, height.
        var crops = ImageCrop.Layers(320, 240, layers: 1, overlapRatio: 512.0 / 1500);
        Assert.That(crops, Is.EqualTo(new ImageCrop[]
        {
            new(0, 0, 320, 240, 0), new(0, 0, 201, 161, 1), new(0, 80, 201, 160, 1), new(120, 0, 200, 161, 1), new(120, 80, 200, 160, 1),
        }));
    }

    [TestCase(1920, 1080, 3)]
    [TestCase(37, 211, 2)]
    public void Crops_of_a_layer_leave_no_pixel_out(int width, int height, int layers)
    {
        foreach (var layer in ImageCrop.Layers(width, height, layers, 512.0 / 1500).GroupBy(c => c.Layer))
        {
            Assert.That(layer.Count(), Is.EqualTo(1 << (2 * layer.Key)));
            var covered = new bool[height, width];
            foreach (var crop in layer)
            {
                for (var y = crop.Y; y < crop.Y + crop.Height; y++)
                    for (var x = crop.X; x < crop.X + crop.Width; x++) covered[y, x] = true;
            }

            Assert.That(covered.Cast<bool>(), Is.All.True, $"layer {layer.Key}");
        }
    }

    [Test]
    public void An_image_of_one_pixel_has_no_empty_crops() =>
        Assert.That(ImageCrop.Layers(1, 1, 2, 0.3).Select(c => (c.Width, c.Height)), Is.All.EqualTo((1, 1)));

    [TestCase(30, 30, 100, 100, false, Description = "inside")]
    [TestCase(0, 0, 100, 100, false, Description = "at the image's own corner")]
    [TestCase(30, 30, 195, 100, true, Description = "at the crop's right edge")]
    [TestCase(30, 30, 100, 141, true, Description = "within 20 pixels of the crop's lower edge")]
    public void A_box_is_cut_off_where_the_crop_ends_and_the_image_does_not(int x0, int y0, int x1, int y1, bool cut) =>
        Assert.That(new ImageCrop(0, 0, 200, 160, 1).CutsOff((x0, y0, x1, y1), 320, 240), Is.EqualTo(cut));

    [Test]
    public void Grids_become_coarser_from_layer_to_layer() =>
        Assert.That(PointGrid.BuildLayers(9, 2, 2).Select(g => g.Count), Is.EqualTo(new[] { 81, 16, 4 }));

    [Test]
    public void Points_are_in_the_middle_of_their_cells_row_by_row() =>
        Assert.That(PointGrid.Build(2), Is.EqualTo(new[] { (0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75) }));
}
