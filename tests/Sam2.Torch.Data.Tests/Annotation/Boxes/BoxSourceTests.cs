using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Annotation.Boxes;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation.Boxes;

public class BoxSourceTests : FolderTests
{
    private static readonly RgbImage Picture = new(60, 40);

    [Test]
    public void Labels_without_names_are_named_by_their_numbers()
    {
        File.WriteAllText(Folder["a.txt"], "3 0.5 0.5 0.5 0.5\n");
        using var boxes = new FolderBoxes(Folder.Path);
        Assert.That(boxes.Categories.Select(c => (c.Id, c.Name)), Is.EqualTo(new[] { (0, "0"), (1, "1"), (2, "2"), (3, "3") }));
        Assert.That(boxes.Find("a.jpg", Picture)!.Objects.Single().Box, Is.EqualTo(new AnnotationBox(15, 10, 30, 20)));
        Assert.That(boxes.Find("b.jpg", Picture), Is.Null);
    }

    [Test]
    public void A_class_without_a_name_is_an_error_of_its_picture()
    {
        File.WriteAllText(Folder["a.txt"], "1 0.5 0.5 0.5 0.5\n");
        File.WriteAllText(Folder["classes.txt"], "only\n");
        using var boxes = new FolderBoxes(Folder.Path);
        Assert.That(() => boxes.Find("a.jpg", Picture), Throws.TypeOf<AnnotationException>().With.Message.Contains("class 1, but there are names for 1"));
    }

    [Test]
    public void Files_of_LabelMe_give_the_boxes_of_their_shapes()
    {
        LabelMeFile.Write(Folder["a.json"], AnnotatedImages.Sample("a.jpg"), AnnotatedImages.Categories);
        LabelMeFile.Write(Folder["b.json"], AnnotatedImages.Sample("b.jpg", height: 50), AnnotatedImages.Categories);
        using var boxes = new FolderBoxes(Folder.Path);
        Assert.That(boxes.Categories.Select(c => c.Name), Is.EqualTo(new[] { "cat", "a \"dog\"" }));
        Assert.That(boxes.Find("a.jpg", Picture)!.Objects.Select(o => o.Box), Is.EqualTo(AnnotatedImages.Sample().Objects.Select(o => o.Box)));
        Assert.That(() => boxes.Find("b.jpg", Picture), Throws.TypeOf<AnnotationException>().With.Message.Contains("60×50, but b.jpg has 60×40"));
    }

    [Test]
    public void Files_of_SA_1B_give_boxes_of_one_category()
    {
        var image = AnnotatedImages.Sample("a.jpg");
        Sa1bFile.Write(Folder["a.json"], image);
        using var boxes = new FolderBoxes(Folder.Path);
        Assert.That(boxes.Categories, Is.EqualTo(new[] { new AnnotationCategory(0, "object") }));
        Assert.That(boxes.Find("a.jpg", Picture)!.Objects.Select(o => (o.Category, o.Box)), Is.EqualTo(image.Objects.Select(o => (0, o.Box))));
    }

    [Test]
    public void A_damaged_file_is_an_error_of_its_picture_and_of_no_other()
    {
        LabelMeFile.Write(Folder["a.json"], AnnotatedImages.Sample("a.jpg"), AnnotatedImages.Categories);
        File.WriteAllText(Folder["b.json"], "{\"shapes\": [");
        using var boxes = new FolderBoxes(Folder.Path);
        Assert.That(boxes.Find("a.jpg", Picture)!.Objects, Has.Count.EqualTo(2));
        Assert.That(() => boxes.Find("b.jpg", Picture), Throws.TypeOf<AnnotationException>().With.Message.Contains("b.json: is not valid JSON"));
    }

    [Test]
    public void Of_two_files_about_a_picture_the_one_that_does_not_count_is_named()
    {
        File.WriteAllText(Folder["a.txt"], "0 0.5 0.5 0.5 0.5\n");
        LabelMeFile.Write(Folder["a.json"], AnnotatedImages.Sample("a.jpg"), AnnotatedImages.Categories);
        using var boxes = new FolderBoxes(Folder.Path);
        Assert.That(boxes.Find("a.jpg", Picture)!.Objects, Has.Count.EqualTo(1));
        Assert.That(boxes.Find("a.jpg", Picture)!.LeftOut, Is.EqualTo(new[] { "all of a.json, for a.txt counts" }));
    }

    [Test]
    public void A_folder_without_labels_is_refused()
    {
        Assert.That(() => new FolderBoxes(Folder.Path), Throws.TypeOf<AnnotationException>().With.Message.Contains("neither YOLO labels"));
        Assert.That(() => new FolderBoxes(Folder["none"]), Throws.TypeOf<AnnotationException>().With.Message.Contains("does not exist"));
    }

    [Test]
    public void Pictures_of_a_COCO_file_are_found_with_and_without_folders()
    {
        File.WriteAllText(Folder["a.json"], """
            {"images": [{"id": 1, "file_name": "train/a.jpg", "width": 60, "height": 40}, {"id": 2, "file_name": "x/b.jpg", "width": 60, "height": 40},
                        {"id": 3, "file_name": "y/b.jpg", "width": 60, "height": 40}, {"id": 4, "file_name": "c.jpg", "width": 61, "height": 40}],
             "annotations": [{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4]}, {"id": 7, "image_id": 1, "category_id": 2, "iscrowd": 1, "bbox": [1, 2, 9, 9]},
                             {"image_id": 99, "category_id": 2, "bbox": [1, 2, 9, 9]}],
             "categories": [{"id": 2, "name": "cat"}]}
            """);
        using var boxes = new CocoBoxes(Folder["a.json"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(boxes.Categories, Is.EqualTo(new[] { new AnnotationCategory(2, "cat") }));
            Assert.That(boxes.Find("a.jpg", Picture)!.Objects.Single().Box, Is.EqualTo(new AnnotationBox(1, 2, 3, 4)), "crowds prompt nothing");
            Assert.That(boxes.Find("a.jpg", Picture)!.LeftOut, Is.EqualTo(new[] { "annotation 7, a crowd" }));
            Assert.That(boxes.Find("x/b.jpg", Picture)!.Objects, Is.Empty);
            Assert.That(boxes.Find("x/b.jpg", Picture)!.LeftOut, Is.Empty);
            Assert.That(boxes.Orphans, Is.EqualTo(1));
            Assert.That(() => boxes.Find("b.jpg", Picture), Throws.TypeOf<AnnotationException>().With.Message.Contains("2 pictures by the name b.jpg"));
            Assert.That(() => boxes.Find("c.jpg", Picture), Throws.TypeOf<AnnotationException>().With.Message.Contains("61×40 pixels, but it has 60×40"));
            Assert.That(boxes.Find("d.jpg", Picture), Is.Null);
        }
    }
}
