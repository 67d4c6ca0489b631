using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Augmentations;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Training.Tests.Augmentations;

public sealed class AugmentationTests
{
    private const int Height = 60;
    private const int Width = 90;

    private DisposeScope _scope = null!;

    /// <summary>Every augmentation, strong enough to be seen whatever chance says.</summary>
    private static IEnumerable<TestCaseData> Strong =>
    [
        Case(new RandomHorizontalFlip { P = 0.5 }),
        Case(new RandomAffine { Degrees = 40, Shear = 20, Scale = [0.5, 1.5], Translate = [0.1, 0.1], NumTentatives = 20 }),
        Case(new RandomResize { Sizes = [40, 50, 70, 80] }),
        Case(new RandomResize { Sizes = [40, 50, 70, 80], Square = true }),
        Case(new RandomGrayscale()),
        Case(new ColorJitter { Brightness = 0.3, Contrast = 0.3, Saturation = 0.3, Hue = 0.2 }),
        Case(new RandomMosaic { Prob = 0.9, GridH = 2, GridW = 3, UseRandomHflip = true }),
    ];

    private static IEnumerable<TestCaseData> Weak =>
    [
        Case(new RandomHorizontalFlip { P = 0 }),
        Case(new RandomAffine()),
        Case(new RandomResize { Sizes = [Height] }),
        Case(new RandomGrayscale { P = 0 }),
        Case(new ColorJitter()),
        Case(new RandomMosaic { Prob = 0 }),
        Case(new RandomMosaic { Prob = 1, GridH = 1, GridW = 1 }),
    ];

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [TestCaseSource(nameof(Strong))]
    public void Masks_stay_where_their_objects_are(object augmentation)
    {
        for (ulong seed = 0; seed < 10; seed++)
        {
            var clip = Clip(2);
            foreach (var (before, frame) in clip.Zip(Apply(augmentation, clip, seed)))
            {
                // Of the mosaic's copies one only has masks.
                var seen = frame.Image[2] > 0.5f;
                var mask = frame.Masks[0];
                var part = augmentation is RandomMosaic ? seen.logical_and(Grown(mask, 2)) : seen;
                if (augmentation is RandomGrayscale or ColorJitter)
                {
                    Assert.That(Same(mask, before.Masks[0]), "colours have no place");
                    continue;
                }

                Assert.That(mask.sum().item<long>(), Is.GreaterThan(30));
                Assert.That(part.logical_and(Grown(mask, 1).logical_not()).any().item<bool>(), Is.False, "parts of the object outside the mask");
                Assert.That(Shrunk(mask, 1).logical_and(part.logical_not()).any().item<bool>(), Is.False, "parts of the mask outside the object");
                Assert.That(part.logical_xor(mask).sum().item<long>(), Is.LessThan(0.08 * mask.sum().item<long>()));
            }
        }
    }

    [TestCaseSource(nameof(Weak))]
    public void Without_strength_nothing_changes(object augmentation)
    {
        var clip = Clip(3);
        foreach (var (before, after) in clip.Zip(Apply(augmentation, clip, 3)))
        {
            Assert.That(Same(after.Masks, before.Masks));
            Assert.That(Difference(after.Image, before.Image), Is.LessThan(1e-6));
        }
    }

    [TestCaseSource(nameof(Strong))]
    public void A_seed_decides_what_happens(object augmentation)
    {
        string Digest(ulong seed) => string.Join(' ', Apply(augmentation, Clip(2), seed).Select(f => $"{f.Height}×{f.Width} {f.Image.mean([0, 1]).to(float64).dot(arange(f.Width).to(float64)).item<double>():R} {f.Image[0].mean().item<float>():R} {f.Masks.sum().item<long>()}"));
        string[] digests = [.. Enumerable.Range(0, 12).Select(i => Digest((ulong)i))];
        Assert.That(Enumerable.Range(0, 12).Select(i => Digest((ulong)i)), Is.EqualTo(digests));
        Assert.That(digests.Distinct().Count(), Is.GreaterThan(1));
    }

    [TestCaseSource(nameof(Strong))]
    public void All_frames_change_alike_unless_each_is_to_change_by_itself(object augmentation)
    {
        bool AllAlike(object changed) => Enumerable.Range(0, 8).All(seed =>
        {
            var frames = Apply(changed, Clip(4, moving: false), (ulong)seed);
            return frames.All(f => f.Image.shape.SequenceEqual(frames[0].Image.shape) && Difference(f.Image, frames[0].Image) == 0 && Same(f.Masks, frames[0].Masks));
        });

        Assert.That(AllAlike(augmentation));
        object? single = augmentation switch
        {
            RandomHorizontalFlip a => a with { ConsistentTransform = false },
            RandomAffine a => a with { ConsistentTransform = false },
            RandomResize a => a with { ConsistentTransform = false },
            RandomGrayscale a => a with { ConsistentTransform = false },
            ColorJitter a => a with { ConsistentTransform = false },
            _ => null,
        };
        Assert.That(single is null || !AllAlike(single));
    }

    [TestCaseSource(nameof(Strong))]
    public void No_tensors_are_left_behind_and_the_clip_stays_as_it_is(object augmentation)
    {
        var clip = Clip(2);
        var before = clip.Select(f => f.Image.clone()).ToList();
        Digest(augmentation, clip);
        long live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (int i = 0; i < 3; i++)
        {
            Digest(augmentation, clip);
        }

        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(live));
        Assert.That(clip.Zip(before).All(f => Difference(f.First.Image, f.Second) == 0));

        static void Digest(object augmentation, IReadOnlyList<ClipFrame> clip)
        {
            using var scope = NewDisposeScope();
            Apply(augmentation, clip, 5);
        }
    }

    [Test]
    public void Maps_move_turn_and_scale_about_the_centre()
    {
        var frame = Clip(1)[0];
        var moved = AffineWarp.Apply(frame, AffineWarp.About(0, 0, 1, 7, -5));
        Assert.That(Difference(moved.Image.narrow(1, 0, Height - 5).narrow(2, 7, Width - 7), frame.Image.narrow(1, 5, Height - 5).narrow(2, 0, Width - 7)), Is.LessThan(1e-5));
        Assert.That(Same(moved.Masks.narrow(1, 0, Height - 5).narrow(2, 7, Width - 7), frame.Masks.narrow(1, 5, Height - 5).narrow(2, 0, Width - 7)));
        Assert.That(moved.Image[0, Height - 1, 0].item<float>(), Is.EqualTo(123 / 255f).Within(1e-5), "what comes in has ImageNet's mean colour");

        // In image coordinates, y down, a positive turn is clockwise.
        var turned = AffineWarp.Apply(frame, AffineWarp.About(180, 0, 1, 0, 0));
        Assert.That(Difference(turned.Image, frame.Image.flip(1, 2)), Is.LessThan(1e-4));
        var quarter = AffineWarp.Apply(frame, AffineWarp.About(90, 0, 1, 0, 0));
        var square = frame.Image.narrow(2, (Width - Height) / 2, Height);
        Assert.That(Difference(quarter.Image.narrow(2, (Width - Height) / 2, Height), square.flip(1).transpose(1, 2)), Is.LessThan(1e-4));

        var large = AffineWarp.Apply(frame, AffineWarp.About(0, 0, 2, 0, 0));
        var area = frame.Masks.narrow(1, Height / 4, Height / 2).narrow(2, Width / 4, Width / 2).sum().item<long>();
        Assert.That(large.Masks.sum().item<long>(), Is.EqualTo(4 * area).Within(10).Percent);
    }

    [Test]
    public void Fine_patterns_become_grey_when_they_shrink_instead_of_other_patterns()
    {
        var board = (arange(Height).view(-1, 1) + arange(Width)).remainder(2).to(float32).expand(3, Height, Width).clone();
        var frame = new ClipFrame(board, zeros([1, Height, Width], dtype: ScalarType.Bool));
        var small = AffineWarp.Apply(frame, AffineWarp.About(10, 0, 0.3, 0, 0)).Image.narrow(1, 26, 8).narrow(2, 38, 14);
        Assert.That((small - 0.5f).abs().max().item<float>(), Is.LessThan(0.2));
        Assert.That(Difference(frame.ResizedTo(Height / 3, Width / 3).Image, full_like(frame.ResizedTo(Height / 3, Width / 3).Image, 0.5)), Is.LessThan(0.1));
    }

    [Test]
    public void No_affine_map_takes_an_object_out_of_the_first_frame()
    {
        var clip = Clip(2);
        foreach (var f in clip)
        {
            f.Masks.fill_(false);
            f.Masks.narrow(1, 0, 3).narrow(2, 0, 3).fill_(true);
        }

        int changed = 0;
        for (ulong seed = 0; seed < 30; seed++)
        {
            var after = Apply(new RandomAffine { Degrees = 90, Translate = [0.5, 0.5] }, clip, seed);
            Assert.That(after[0].Masks.any().item<bool>());
            changed += ReferenceEquals(after[0], clip[0]) ? 0 : 1;
        }

        Assert.That(changed, Is.InRange(1, 29));
    }

    [TestCase(480, 854, 512, null, 512, 911)]
    [TestCase(480, 854, 512, 800, 450, 800)]
    [TestCase(854, 480, 512, 800, 800, 450)]
    [TestCase(100, 100, 64, null, 64, 64)]
    [TestCase(480, 854, 480, null, 480, 854)]
    public void The_shorter_side_is_resized_and_the_longer_one_limited(int height, int width, int size, int? max, int expectedHeight, int expectedWidth) =>
        Assert.That(RandomResize.Fit(height, width, size, max), Is.EqualTo(((long)expectedHeight, (long)expectedWidth)));

    [Test]
    public void Colours_change_as_defined()
    {
        var image = rand([3, 20, 20], ScalarType.Float32, generator: new Generator(1));
        var grey = (0.299f * image[0]) + (0.587f * image[1]) + (0.114f * image[2]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Difference(Colours.Luma(image)[0], grey), Is.LessThan(1e-6));
            Assert.That(Difference(Colours.Brightness(image, 0.5), image * 0.5f), Is.LessThan(1e-6));
            Assert.That(Difference(Colours.Brightness(image, 3), (image * 3f).clamp(0, 1)), Is.LessThan(1e-6));
            Assert.That(Difference(Colours.Contrast(image, 0), full_like(image, grey.mean().item<float>())), Is.LessThan(1e-6));
            Assert.That(Difference(Colours.Contrast(image, 1), image), Is.LessThan(1e-6));
            Assert.That(Difference(Colours.Saturation(image, 0), grey.expand(3, 20, 20)), Is.LessThan(1e-6));
            Assert.That(Difference(Colours.Saturation(image, 1), image), Is.LessThan(1e-6));
            Assert.That(Difference(Colours.Hue(image, 0), image), Is.LessThan(1e-5));
            Assert.That(Difference(Colours.Hue(image, 0.5), Colours.Hue(image, -0.5)), Is.LessThan(1e-5));
            Assert.That(Difference(Colours.Hue(image, 1.0 / 3), stack([image[2], image[0], image[1]])), Is.LessThan(1e-5), "a third of the circle turns red into green");
            Assert.That(Difference(Colours.Hue(image, 0.1), Colours.Hue(Colours.Hue(image, 0.06), 0.04)), Is.LessThan(1e-4));
            Assert.That(Difference(Colours.Hue(grey.expand(3, 20, 20), 0.3), grey.expand(3, 20, 20)), Is.LessThan(1e-6));
        }
    }

    [Test]
    public void A_mosaic_repeats_the_picture_and_keeps_the_masks_of_one_copy()
    {
        var frame = Clip(1)[0];
        var mosaic = Apply(new RandomMosaic { Prob = 1 }, [frame], 4)[0];
        var copies = from y in new[] { 0, 1 } from x in new[] { 0, 1 } select (y, x);
        Tensor Part(Tensor planes, (int Y, int X) at) => planes.narrow(1, at.Y * Height / 2, Height / 2).narrow(2, at.X * Width / 2, Width / 2);
        Assert.That(copies.All(at => Difference(Part(mosaic.Image, at), Part(mosaic.Image, (0, 0))) == 0));
        Assert.That(copies.Count(at => Part(mosaic.Masks, at).any().item<bool>()), Is.EqualTo(1));
        Assert.That(mosaic.Masks.sum().item<long>(), Is.EqualTo(frame.Masks.sum().item<long>() / 4.0).Within(10).Percent);
    }

    [TestCase("{kind: afine}", "kind of augmentation", "affine")]
    [TestCase("{degrees: 3}", "kind of augmentation", "{kind: grayscale")]
    [TestCase("{kind: affine, degres: 3}", "unknown setting 'affine.degres'", "Did you mean 'degrees'")]
    [TestCase("{kind: affine, scale: [1]}", "scale has 1 numbers", "two")]
    [TestCase("{kind: affine, scale: [2, 1]}", "scale", "smaller number first")]
    [TestCase("{kind: color_jitter, hue: 0.7}", "hue is 0.7", "0.5")]
    [TestCase("{kind: resize, sizes: []}", "sizes is empty", "side")]
    [TestCase("{kind: mosaic, grid_h: 0}", "grid_h", "16")]
    [TestCase("{kind: horizontal_flip, p: 2}", "p is 2", "1")]
    public void Settings_that_make_no_sense_are_named(string yaml, params string[] parts)
    {
        var settings = (PlainDictionary)PlainYaml.Parse("x.yaml", $"a: {yaml}", "")["a"]!;
        var error = Assert.Throws<ConfigurationException>(() => ClipAugmentations.Create(settings));
        foreach (var part in parts)
        {
            Assert.That(error!.Message, Does.Contain(part));
        }
    }

    private static TestCaseData Case(IClipAugmentation augmentation) => new TestCaseData(augmentation).SetArgDisplayNames(augmentation.ToString()!);

    private static IReadOnlyList<ClipFrame> Apply(object augmentation, IReadOnlyList<ClipFrame> clip, ulong seed) => ((IClipAugmentation)augmentation).Apply(clip, new TrainingRandom(seed));

    /// <summary>A blue ellipse with a notch, off the centre, over a red and green ramp; it may move to the right from frame to frame.</summary>
    private static List<ClipFrame> Clip(int frames, bool moving = true) => [.. Enumerable.Range(0, frames).Select(t =>
    {
        var (y, x) = (arange(Height).to(float32).view(-1, 1).expand(Height, Width), arange(Width).to(float32).view(1, -1).expand(Height, Width));
        var (dy, dx) = ((y - 24) / 14, (x - 38 - (moving ? 3 * t : 0)) / 20);
        var mask = ((dy * dy) + (dx * dx) < 1).logical_and((dx > 0).logical_and(dy > 0).logical_not());
        return new ClipFrame(stack([y / Height, x / Width, mask.to(float32)]), mask.unsqueeze(0));
    })];

    private static bool Same(Tensor a, Tensor b) => a.shape.SequenceEqual(b.shape) && a.logical_xor(b).any().logical_not().item<bool>();

    private static float Difference(Tensor a, Tensor b) => (a - b).abs().max().item<float>();

    private static Tensor Grown(Tensor mask, int pixels) => F.max_pool2d(mask.to(float32).unsqueeze(0).unsqueeze(0), [(2 * pixels) + 1, (2 * pixels) + 1], [1, 1], [pixels, pixels]).squeeze(0).squeeze(0) > 0.5f;

    private static Tensor Shrunk(Tensor mask, int pixels) => Grown(mask.logical_not(), pixels).logical_not();
}
