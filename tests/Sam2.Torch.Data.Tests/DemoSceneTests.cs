using NUnit.Framework;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Tests;

public class DemoSceneTests
{
    [Test]
    public void The_same_seed_draws_the_same_picture_and_another_does_not()
    {
        var first = DemoScene.Random(7, 90, 60, 4).Render(3);
        var again = DemoScene.Random(7, 90, 60, 4).Render(3);
        var other = DemoScene.Random(8, 90, 60, 4).Render(3);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.Image.Pixels, Is.EqualTo(first.Image.Pixels));
            Assert.That(again.Ids, Is.EqualTo(first.Ids));
            Assert.That(other.Image.Pixels, Is.Not.EqualTo(first.Image.Pixels));
        }
    }

    [TestCase(1, 1)]
    [TestCase(33, 17)]
    [TestCase(640, 360)]
    public void Any_size_is_drawn(int width, int height)
    {
        var frame = DemoScene.Random(1, width, height, 5).Render(1000.5);
        Assert.That((frame.Image.Width, frame.Image.Height, frame.Ids.Length), Is.EqualTo((width, height, width * height)));
    }

    [Test]
    public void Masks_cover_exactly_the_objects_pixels()
    {
        // Plain colours far apart: a pixel's colour tells what is drawn there.
        var black = new DemoTexture(TexturePattern.Plain, default, default, 1);
        var red = black with { First = new Rgb(250, 0, 0) };
        var scene = new DemoScene(80, 60, black,
        [
            new DemoObject { Id = 3, Shape = DemoShape.Flower, HalfWidth = 20, HalfHeight = 15, X = 40, Y = 30, Texture = red, Angle = 0.3 },
        ]);
        var frame = scene.Render();
        // The faint grain decides about pixels that are covered by half.
        int clear = 0, wrong = 0;
        for (int i = 0; i < frame.Ids.Length; i++)
        {
            int red8 = frame.Image.Pixels[3 * i];
            if (Math.Abs(red8 - 125) > 4)
            {
                clear++;
                wrong += (frame.Ids[i] == 3) == (red8 > 125) ? 0 : 1;
            }
        }

        Assert.That(wrong, Is.Zero);
        Assert.That(clear, Is.GreaterThan(frame.Ids.Length - 30));
    }

    [TestCase(DemoShape.Ellipse, Math.PI * 30 * 20)]
    [TestCase(DemoShape.Rectangle, 60.0 * 40)]
    [TestCase(DemoShape.Hexagon, 2.598076 * 30 * 20)]
    [TestCase(DemoShape.Pentagon, 2.377641 * 30 * 20)]
    [TestCase(DemoShape.Triangle, 1.299038 * 30 * 20)]
    public void Shapes_have_their_area(DemoShape shape, double area)
    {
        var texture = new DemoTexture(TexturePattern.Plain, default, default, 1);
        var item = new DemoObject { Id = 1, Shape = shape, HalfWidth = 30, HalfHeight = 20, X = 50, Y = 50, Texture = texture, Angle = 0.4 };
        var mask = new DemoScene(100, 100, texture, [item]).Render().Mask(1);
        Assert.That(mask.Area, Is.EqualTo(area).Within(1).Percent);
    }

    [Test]
    public void Objects_move_and_cover_each_other_in_the_demo()
    {
        var scene = DemoScene.Create(420, 300);
        long Area(double time, byte id) => scene.Render(time).Mask(id).Area;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Area(0, 1), Is.EqualTo(Math.PI * 42 * 42).Within(1).Percent, "nothing is covered at first");
            Assert.That(Area(17, 1), Is.Zero, "the ball is behind the box");
            Assert.That(Area(33, 1), Is.EqualTo(Math.PI * 42 * 42).Within(1).Percent, "and free again");
            Assert.That(Area(22, 2), Is.EqualTo(124 * 136).Within(2).Percent);
        }
    }

    [Test]
    public void Masks_of_a_frame_do_not_overlap()
    {
        var scene = DemoScene.Random(3, 200, 150, 8);
        var frame = scene.Render(5);
        long sum = scene.Objects.Sum(o => frame.Mask(o.Id).Area);
        Assert.That(sum, Is.EqualTo(frame.Ids.Count(id => id != 0)).And.GreaterThan(1000));
    }

    [Test]
    public void Ids_are_checked()
    {
        var texture = new DemoTexture(TexturePattern.Plain, default, default, 1);
        var item = new DemoObject { Id = 1, Shape = DemoShape.Ellipse, HalfWidth = 3, HalfHeight = 2, X = 5, Y = 5, Texture = texture };
        Assert.That(() => new DemoScene(9, 9, texture, [item, item]), Throws.ArgumentException);
        Assert.That(() => new DemoScene(9, 9, texture, [item with { Id = 0 }]), Throws.ArgumentException);
    }
}
