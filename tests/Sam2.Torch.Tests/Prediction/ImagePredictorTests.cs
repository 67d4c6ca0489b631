using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

public sealed class ImagePredictorTests
{
    private Sam2Model _model = null!;
    private DisposeScope _scope = null!;

    [OneTimeSetUp]
    public void CreateModel() => _model = NanoModel.Create();

    [OneTimeTearDown]
    public void DisposeModel() => _model.Dispose();

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    private static readonly ObjectPrompt Click = ObjectPrompt.FromPoints(new PointPrompt(20, 20));

    [Test]
    public void Predicting_without_an_image_says_what_to_call_first()
    {
        using var predictor = new ImagePredictor(_model);
        Assert.That(() => predictor.Predict(Click), Throws.InvalidOperationException.With.Message.Contains("SetImage"));
    }

    public static IEnumerable<TestCaseData> BadPrompts
    {
        get
        {
            yield return new TestCaseData(new ObjectPrompt(), "empty").SetArgDisplayNames("no prompt");
            yield return new TestCaseData(ObjectPrompt.FromPoints(new PointPrompt(float.NaN, 3)), "not finite").SetArgDisplayNames("NaN");
            yield return new TestCaseData(ObjectPrompt.FromPoints(new PointPrompt(3, float.PositiveInfinity)), "not finite").SetArgDisplayNames("infinity");
            yield return new TestCaseData(ObjectPrompt.FromPoints(new PointPrompt(61, 10)), "60×40").SetArgDisplayNames("outside");
            yield return new TestCaseData(ObjectPrompt.FromPoints(new PointPrompt(-1, 10)), "outside").SetArgDisplayNames("negative");
            yield return new TestCaseData(ObjectPrompt.FromBox(10, 10, 10, 20), "empty").SetArgDisplayNames("empty box");
            yield return new TestCaseData(ObjectPrompt.FromBox(30, 10, 10, 20), "left < right").SetArgDisplayNames("inverted box");
            yield return new TestCaseData(ObjectPrompt.FromBox(100, 100, 120, 120), "outside").SetArgDisplayNames("box outside");
            yield return new TestCaseData(ObjectPrompt.FromBox(0, 0, float.NaN, 20), "not finite").SetArgDisplayNames("NaN box");
        }
    }

    [TestCaseSource(nameof(BadPrompts))]
    public void Rejects_prompts_that_make_no_sense(ObjectPrompt prompt, string message)
    {
        using var predictor = new ImagePredictor(_model);
        predictor.SetImage(new RgbImage(60, 40));
        Assert.That(() => predictor.Predict(prompt), Throws.ArgumentException.With.Message.Contains(message));
    }

    [Test]
    public void Rejects_mask_logits_of_another_size()
    {
        using var predictor = new ImagePredictor(_model);
        predictor.SetImage(new RgbImage(60, 40));
        Assert.That(() => predictor.Predict(new ObjectPrompt { MaskLogits = zeros(64, 64) }),
            Throws.ArgumentException.With.Message.Contains("[1, 32, 32]"));
    }

    [TestCase(float.NaN)]
    [TestCase(float.NegativeInfinity)]
    public void Rejects_mask_logits_that_are_not_finite(float value)
    {
        using var predictor = new ImagePredictor(_model);
        predictor.SetImage(new RgbImage(60, 40));
        var logits = zeros(1, 32, 32);
        logits[0, 5, 7] = value;
        Assert.That(() => predictor.Predict(new ObjectPrompt { MaskLogits = logits }), Throws.ArgumentException.With.Message.Contains("not finite"));
    }

    [Test]
    public void A_mask_prompts_as_its_logits_do()
    {
        using var predictor = new ImagePredictor(_model);
        predictor.SetImage(new RgbImage(60, 40));
        var mask = new BinaryMask(40, 60);
        for (var y = 10; y < 30; y++) mask.Row(y)[20..40].Fill(1);
        var logits = new ObjectPrompt { MaskLogits = MaskPrompt.ToLogits(mask, 32) };
        using var expected = predictor.Predict(logits);
        using var actual = predictor.Predict(ObjectPrompt.FromMask(mask));
        Assert.That((actual.LowResLogits - expected.LowResLogits).abs().max().item<float>(), Is.Zero);
        Assert.That(() => predictor.Predict(logits with { Mask = mask }), Throws.ArgumentException.With.Message.Contains("one of the two"));
    }

    [Test]
    public void Rejects_points_and_labels_of_different_length() =>
        Assert.That(() => ObjectPrompt.FromLabelledPoints([(1, 2), (3, 4)], [1]), Throws.ArgumentException.With.Message.Contains("2 points and 1 labels"));

    [TestCase(2)]
    [TestCase(-1)]
    public void Rejects_labels_that_are_neither_one_nor_zero(int label) =>
        Assert.That(() => ObjectPrompt.FromLabelledPoints([(1, 2), (3, 4)], [0, label]), Throws.ArgumentException.With.Message.Contains($"Label {label}"));

    [Test]
    public void Points_with_labels_beside_them_are_the_same_prompt() =>
        Assert.That(ObjectPrompt.FromLabelledPoints([(1, 2), (3, 4)], [1, 0]).Points, Is.EqualTo(new PointPrompt[] { new(1, 2), new(3, 4, false) }));

    [Test]
    public void Rejects_an_image_that_is_not_rgb_bytes()
    {
        using var predictor = new ImagePredictor(_model);
        Assert.That(() => predictor.SetImage(zeros(3, 40, 60)), Throws.ArgumentException.With.Message.Contains("[H, W, 3]"));
    }

    [Test]
    public void Rejects_an_image_index_out_of_range()
    {
        using var predictor = new ImagePredictor(_model);
        predictor.SetImage(Pattern.Create(40, 60));
        Assert.That(() => predictor.Predict(Click, imageIndex: 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_disposed_predictor_throws()
    {
        var predictor = new ImagePredictor(_model);
        predictor.Dispose();
        Assert.That(() => predictor.SetImage(Pattern.Create(40, 60)), Throws.InstanceOf<ObjectDisposedException>());
    }

    [TestCase(1, 1)]
    [TestCase(3, 200)]
    [TestCase(500, 7)]
    [TestCase(333, 517)]
    public void Masks_have_the_size_of_the_image(int height, int width)
    {
        using var predictor = new ImagePredictor(_model);
        predictor.SetImage(Pattern.Create(height, width));
        using var prediction = predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(width / 2f, height / 2f)));
        Assert.That(prediction.Masks.shape, Is.EqualTo(new long[] { 1, 3, height, width }));
        Assert.That(prediction.Masks.dtype, Is.EqualTo(ScalarType.Bool));
    }

    [Test]
    public void Objects_prompted_together_get_the_masks_they_get_alone()
    {
        using var predictor = new ImagePredictor(_model, new ImagePredictorOptions { PromptBatch = 2 });
        predictor.SetImage(Pattern.Create(90, 120));
        ObjectPrompt[] prompts =
        [
            Click,
            ObjectPrompt.FromBox(10, 10, 60, 70),
            ObjectPrompt.FromPoints(new(50, 50), new(5, 5, false)),
            ObjectPrompt.FromPoints(new PointPrompt(100, 60)),
            ObjectPrompt.FromPoints(new PointPrompt(70, 20)),
        ];
        using var together = predictor.Predict(prompts);
        for (var i = 0; i < prompts.Length; i++)
        {
            using var alone = predictor.Predict(prompts[i]);
            Close.ToStandardDeviation(together.LowResLogits.narrow(0, i, 1), alone.LowResLogits, 1e-4, $"object {i}");
            Close.Within(together.Scores.narrow(0, i, 1), alone.Scores, 1e-4, $"score {i}");
        }
    }

    [Test]
    public void Several_images_keep_their_own_features_and_sizes()
    {
        using var predictor = new ImagePredictor(_model);
        var (first, second) = (Pattern.Create(90, 120), Pattern.Create(40, 60).flip(1));
        predictor.SetImages([first, second]);
        using var fromBatch = predictor.Predict(Click, imageIndex: 1);
        Assert.That(fromBatch.Masks.shape, Is.EqualTo(new long[] { 1, 3, 40, 60 }));
        predictor.SetImage(second);
        using var alone = predictor.Predict(Click);
        Close.Within(fromBatch.LowResLogits, alone.LowResLogits, 0, "logits");
    }

    [Test]
    public void Logits_exceed_the_threshold_where_the_mask_is_set()
    {
        using var predictor = new ImagePredictor(_model);
        predictor.SetImage(Pattern.Create(90, 120));
        using var binary = predictor.Predict(Click);
        using var logits = predictor.Predict(Click, returnLogits: true);
        Assert.That(logits.Masks.dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That((logits.Masks > 0).ne(binary.Masks).sum().item<long>(), Is.Zero);
    }

    [Test]
    public void An_image_in_strips_is_resized_like_one_in_one_piece()
    {
        // 3,000 × 4,000 pixels are more values than one strip holds.
        var image = Pattern.Create(3000, 4000);
        var strips = ImageTransform.ToModelInput(image, 128);
        var whole = nn.functional.interpolate(image.permute(2, 0, 1).to(float32).div(255).unsqueeze(0),
            size: [128, 128], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true).squeeze(0);
        whole = (whole - tensor(ImageTransform.Mean.ToArray()).view(3, 1, 1)) / tensor(ImageTransform.Std.ToArray()).view(3, 1, 1);
        Close.Within(strips, whole, 1e-5, "resized image");
    }

    [Test]
    public void A_large_mask_in_strips_equals_one_in_one_piece()
    {
        manual_seed(1);
        var logits = randn(1, 2, 32, 32);
        var strips = MaskResize.Binary(logits, 2100, 1300, 0);
        var whole = MaskResize.Logits(logits, 2100, 1300) > 0;
        var different = strips.ne(whole).sum().item<long>();
        // Only where a logit is zero to rounding.
        Assert.That(different, Is.LessThan(20));
    }

    [Test]
    public void Holes_are_filled_and_specks_removed_on_request()
    {
        var components = 0;
        using var plain = new ImagePredictor(_model);
        using var clean = new ImagePredictor(_model, new ImagePredictorOptions { MaxHoleArea = 1024, MaxSprinkleArea = 1024 });
        var image = Pattern.Create(90, 120);
        plain.SetImage(image);
        clean.SetImage(image);
        using var rough = plain.Predict(Click, returnLogits: true);
        using var filled = clean.Predict(Click, returnLogits: true);
        for (var i = 0; i < 3; i++)
        {
            // Every component of a 32×32 mask is at most 1024 pixels: all of the background is a hole, all of the foreground a speck.
            var low = rough.LowResLogits[0, i];
            if ((low > 0).any().item<bool>() && (low <= 0).any().item<bool>()) components++;
            // ±10 are the values of holes and specks; interpolation between two of them may round.
            Assert.That(filled.Masks[0, i].min().item<float>(), Is.GreaterThanOrEqualTo(-10 - 1e-5));
            Assert.That(filled.Masks[0, i].max().item<float>(), Is.LessThanOrEqualTo(10 + 1e-5));
            Close.Within(filled.LowResLogits[0, i], low, 1e-6, "the logits for a later prompt stay as they are");
        }
        Assert.That(components, Is.GreaterThan(0), "the masks of this picture have foreground and background");
    }

    [Category("Slow")]
    [Test]
    [NonParallelizable]
    public void A_picture_of_100_megapixels_takes_bounded_memory()
    {
        using var predictor = new ImagePredictor(_model);
        var image = zeros(10_000, 10_000, 3, dtype: ScalarType.Byte);
        image.narrow(0, 3000, 2000).fill_(200);
        var peak = ResidentMemory.PeakOf(() =>
        {
            predictor.SetImage(image);
            using var prediction = predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(5000, 4000)), multimask: false);
            Assert.That(prediction.Masks.shape, Is.EqualTo(new long[] { 1, 1, 10_000, 10_000 }));
        }) / 1e6;
        TestContext.Out.WriteLine($"peak {peak:0} MB");
        Assert.That(peak, Is.GreaterThan(100), "the measurement itself: the mask alone takes as much");
        // The image as floating point would take 1,200 MB, a mask of logits 400 MB.
        Assert.That(peak, Is.LessThan(600));
    }

    [Test]
    public void Predictions_leave_no_tensors_behind()
    {
        using var predictor = new ImagePredictor(_model);
        long Run()
        {
            predictor.SetImage(Pattern.Create(90, 120));
            for (var i = 0; i < 3; i++)
            {
                using var prediction = predictor.Predict([Click, ObjectPrompt.FromBox(1, 1, 50, 50)], multimask: i % 2 == 0);
            }
            _scope.DisposeEverything();
            return Tensor.TotalCount;
        }
        var before = Run();
        Assert.That(Run(), Is.EqualTo(before));
    }
}
