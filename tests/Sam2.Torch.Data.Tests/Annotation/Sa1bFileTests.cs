using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

public class Sa1bFileTests
{
    [Test]
    public void A_file_of_the_data_set_is_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.json"], """
            {"image": {"image_id": 223750, "width": 20, "height": 10, "file_name": "sa_223750.jpg"},
             "annotations": [{"bbox": [0.0, 0.0, 1.0, 6.0], "area": 6, "segmentation": {"size": [10, 20], "counts": "06R6"},
                              "predicted_iou": 0.96, "point_coords": [[0.5, 3.25]], "crop_box": [0.0, 0.0, 20.0, 10.0], "id": 543, "stability_score": 0.98}]}
            """);
        var image = Sa1bFile.Read(folder["a.json"]);
        var item = image.Objects.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((image.Id, image.FileName, image.Width, image.Height), Is.EqualTo(((long?)223750, "sa_223750.jpg", 20, 10)));
            Assert.That((item.Id, item.Area, item.Box), Is.EqualTo(((long?)543, 6.0, new AnnotationBox(0, 0, 1, 6))));
            Assert.That((item.Score, item.StabilityScore, item.Point), Is.EqualTo(((double?)0.96, (double?)0.98, ((double, double)?)(0.5, 3.25))));
            Assert.That(item.CropBox, Is.EqualTo(new AnnotationBox(0, 0, 20, 10)));
            Assert.That(item.Shape!.ToRle().ToCounts(), Is.EqualTo(new uint[] { 0, 6, 194 }));
        }
    }

    [Test]
    public void Masks_round_trip_with_their_scores() => MaskGenerators.Check(MaskGenerators.Small, 40, RoundTrips);

    [Test]
    public void Large_masks_round_trip_too() => MaskGenerators.Check(MaskGenerators.Large, 2, RoundTrips);

    private static void RoundTrips(BinaryMask mask)
    {
        using var folder = new TemporaryFolder();
        var image = AnnotatedImages.Of("sa_17.jpg", mask);
        image = image with { Objects = [image.Objects[0] with { Score = 0.123456789, StabilityScore = 1, Point = (1.5, 2), CropBox = new(0, 1, 5, 6) }] };
        Sa1bFile.Write(folder["a.json"], image);
        var back = Sa1bFile.Read(folder["a.json"]);
        Assert.That((back.Id, back.FileName), Is.EqualTo(((long?)17, "sa_17.jpg")));
        Assert.That(back.Masks(), Is.EqualTo(image.Masks()));
        Assert.That(
            back.Objects.Select(o => (o.Box, o.Area, o.Score, o.StabilityScore, o.Point, o.CropBox)),
            Is.EqualTo(image.Objects.Select(o => (o.Box, o.Area, o.Score, o.StabilityScore, o.Point, o.CropBox))));
    }

    [TestCase("{\"annotations\": []}", "has no \"image\"")]
    [TestCase("{\"image\": {\"width\": 3, \"height\": 4}}", "image has no \"file_name\"")]
    [TestCase("{\"image\": {\"width\": 3e9, \"height\": 4}}", "image.width is 3000000000")]
    [TestCase("{\"image\": {\"width\": 3, \"height\": 4, \"file_name\": \"a\"}, \"annotations\": [{\"segmentation\": {\"size\": [4, 3]}}]}", "annotations[0].segmentation has no \"counts\"")]
    public void Damaged_files_are_refused(string content, string cause) => Damage.IsRefused(content, p => Sa1bFile.Read(p), cause);

    [Test]
    public void Damaged_files_never_crash_the_reader()
    {
        using var folder = new TemporaryFolder();
        Sa1bFile.Write(folder["a.json"], AnnotatedImages.Sample());
        Damage.NeverCrashes(folder["a.json"], path => Sa1bFile.Read(path).Masks());
    }
}
