using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Tests.Masks;

public class PolygonRasteriserTests
{
    [Test]
    public void Agrees_with_pycocotools()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.Golden("evaluation/coco_rle.json")));
        var entry = golden.RootElement.GetProperty("polygon");
        double[][] polygons = entry.GetProperty("polygons").Deserialize<double[][]>()!;
        int[] size = entry.GetProperty("size").Deserialize<int[]>()!;
        var rle = PolygonRasteriser.FillAll(polygons, size[0], size[1]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(rle.ToCompressedString(), Is.EqualTo(entry.GetProperty("counts").GetString()));
            Assert.That(rle.Area, Is.EqualTo(entry.GetProperty("area").GetInt64()));
        }
    }

    [Test]
    public void Random_triangles_have_their_area()
    {
        var random = new Random(61);
        for (int i = 0; i < 100; i++)
        {
            double[] p = [.. Enumerable.Range(0, 6).Select(_ => random.NextDouble() * 200)];
            double area = Math.Abs(((p[2] - p[0]) * (p[5] - p[1])) - ((p[4] - p[0]) * (p[3] - p[1]))) / 2;
            double perimeter = Math.Sqrt(Square(p[2] - p[0]) + Square(p[3] - p[1]))
                + Math.Sqrt(Square(p[4] - p[2]) + Square(p[5] - p[3])) + Math.Sqrt(Square(p[0] - p[4]) + Square(p[1] - p[5]));
            var rle = PolygonRasteriser.Fill(p, 200, 200);
            Assert.That(rle.Area, Is.EqualTo(area).Within((perimeter * 0.6) + 2));
            double[] backwards = [p[4], p[5], p[2], p[3], p[0], p[1]];
            Assert.That((double)PolygonRasteriser.Fill(backwards, 200, 200).Area, Is.EqualTo((double)rle.Area).Within((perimeter * 0.1) + 2));
        }
    }

    [Test]
    public void What_lies_outside_is_clipped_and_the_whole_picture_can_be_filled()
    {
        Assert.That(PolygonRasteriser.Fill([-50, -50, 90, -50, 90, 90, -50, 90], 30, 40).Area, Is.EqualTo(1200));
        Assert.That(PolygonRasteriser.Fill([-50, -50, -20, -50, -20, -20], 30, 40).Area, Is.Zero);
        Assert.That(PolygonRasteriser.Fill([5, 5, 5, 5, 5, 5], 30, 40).Area, Is.Zero);
    }

    [Test]
    public void What_is_no_polygon_is_refused()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => PolygonRasteriser.Fill([1, 1, 2, 2], 9, 9), Throws.ArgumentException);
            Assert.That(() => PolygonRasteriser.Fill([1, 1, 2, 2, 3, 3, 4], 9, 9), Throws.ArgumentException);
            Assert.That(() => PolygonRasteriser.Fill([1, 1, 2, 2, 3, double.NaN], 9, 9), Throws.ArgumentException);
            Assert.That(() => PolygonRasteriser.Fill([1, 1, 2, 2, 3, 1e18], 9, 9), Throws.ArgumentException);
            Assert.That(() => PolygonRasteriser.FillAll([], 9, 9), Throws.ArgumentException);
        }
    }

    private static double Square(double v) => v * v;
}
