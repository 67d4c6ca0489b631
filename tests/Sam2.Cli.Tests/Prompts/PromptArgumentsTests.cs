using NUnit.Framework;
using Sam2.Cli.Prompts;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Tests.Prompts;

public class PromptArgumentsTests
{
    private const int Width = 640, Height = 480;

    private static IReadOnlyList<ObjectPrompt> Resolve(string[] points, string[] boxes) =>
        PromptArguments.Resolve([.. points.Select(PointArgument.Parse)], [.. boxes.Select(BoxArgument.Parse)], Width, Height);

    [Test]
    public void Points_without_a_box_mark_one_object()
    {
        var objects = Resolve(["10,20", "30,40,0", "100%,100%"], []);
        Assert.That(objects, Has.Count.EqualTo(1));
        Assert.That(objects[0].Points, Is.EqualTo(new[] { new PointPrompt(10, 20, true), new PointPrompt(30, 40, false), new PointPrompt(640, 480, true) }));
        Assert.That(objects[0].Box, Is.Null);
    }

    [Test]
    public void A_mask_alone_marks_one_object_without_points()
    {
        var objects = Resolve([], []);
        Assert.That(objects, Has.Count.EqualTo(1));
        Assert.That(objects[0].Points, Is.Empty);
    }

    [Test]
    public void One_box_takes_all_points_even_those_outside_it()
    {
        var objects = Resolve(["10,20", "600,400,0"], ["0,0,50%,50%"]);
        Assert.That(objects, Has.Count.EqualTo(1));
        Assert.That(objects[0].Points, Has.Count.EqualTo(2));
        Assert.That(objects[0].Box, Is.EqualTo(new BoxPrompt(0, 0, 320, 240)));
    }

    [Test]
    public void Each_of_several_boxes_is_an_object_with_the_points_inside_it()
    {
        var objects = Resolve(["10,10", "15,15,0", "210,210"], ["0,0,20,20", "200,200,220,220", "12,12,300,300"]);
        Assert.That(objects, Has.Count.EqualTo(3));
        Assert.That(objects[0].Points, Is.EqualTo(new[] { new PointPrompt(10, 10, true), new PointPrompt(15, 15, false) }));
        Assert.That(objects[1].Points, Is.EqualTo(new[] { new PointPrompt(210, 210, true) }));
        Assert.That(objects[2].Points, Is.EqualTo(new[] { new PointPrompt(15, 15, false), new PointPrompt(210, 210, true) }));
    }

    [Test]
    public void A_point_in_none_of_several_boxes_is_refused_by_name() =>
        Assert.That(() => Resolve(["100,100"], ["0,0,20,20", "200,200,220,220"]), Throws.TypeOf<CliException>().With.Message.Contains("100,100"));

    [TestCase("-1,5")]
    [TestCase("641,5")]
    [TestCase("5,480.5")]
    [TestCase("101%,5")]
    public void A_point_outside_the_image_is_refused_with_the_images_size(string point) =>
        Assert.That(() => Resolve([point], []), Throws.TypeOf<CliException>().With.Message.Contains("640").And.Message.Contains("480").And.Message.Contains(point));

    [TestCase("-9,0,0,5")]
    [TestCase("640,0,700,5")]
    [TestCase("0,480,5,490")]
    public void A_box_outside_the_image_is_refused(string box) =>
        Assert.That(() => Resolve([], [box]), Throws.TypeOf<CliException>().With.Message.Contains("outside").And.Message.Contains(box));

    [Test]
    public void A_box_may_reach_over_the_edge_of_the_image() =>
        Assert.That(Resolve([], ["-3,0,645,481"])[0].Box, Is.EqualTo(new BoxPrompt(-3, 0, 645, 481)));

    [Test]
    public void A_box_that_is_empty_in_pixels_is_refused() =>
        Assert.That(() => Resolve([], ["90%,0,100,5"]), Throws.TypeOf<CliException>().With.Message.Contains("empty"));
}
