using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>How <see cref="ImagePredictor"/> turns logits into masks.</summary>
public sealed record ImagePredictorOptions
{
    /// <summary>Logit above which a pixel belongs to the object.</summary>
    public double MaskThreshold { get; init; }

    /// <summary>Holes of at most this area, in pixels of the low-resolution mask, are filled; 0 for none.</summary>
    public int MaxHoleArea { get; init; }

    /// <summary>Specks of at most this area, in pixels of the low-resolution mask, are removed; 0 for none.</summary>
    public int MaxSprinkleArea { get; init; }

    /// <summary>
    /// Prompts that pass the mask decoder together, at least 1. It bounds memory: one prompt at 1024×1024 pixels takes about 30 MB there.
    /// Results do not depend on it. When null, 64 on a GPU, 8 on AMD's processors (64 clicks take 8 % less time on Zen 5 than with 4), and 4 on others,
    /// where more are no faster.
    /// </summary>
    public int? PromptBatch { get; init; }
}

/// <summary>Masks of N prompted objects, M for each: 3 for multimask output, else 1. The caller disposes it.</summary>
/// <param name="Masks"><c>[N, M, H, W]</c> at the image's size: bool, or float32 logits if they were asked for.</param>
/// <param name="Scores">Predicted IoU of each mask, <c>[N, M]</c>, float32.</param>
/// <param name="LowResLogits">Logits within ±32 that a later prompt can refine, <c>[N, M, h, w]</c>, float32.</param>
public sealed record ImagePrediction(Tensor Masks, Tensor Scores, Tensor LowResLogits) : IDisposable
{
    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Masks.Dispose();
        Scores.Dispose();
        LowResLogits.Dispose();
    }
}

/// <summary>
/// Segments objects in an image from points, boxes and masks (sam2/sam2_image_predictor.py, <c>SAM2ImagePredictor</c>, and
/// segment_anything/predictor.py, <c>SamPredictor</c>), at any image size and any model resolution. Set an image, or several, once; then prompt as often as needed.
/// </summary>
/// <remarks>Not safe for concurrent use; predictors of one model may run at the same time.</remarks>
public sealed class ImagePredictor : IDisposable
{
    private readonly IPromptableModel _model;
    private readonly ImagePredictorOptions _options;
    private readonly int _promptBatch;
    private readonly List<(ImageFeatures Features, PicturePlacement Placement)> _images = [];
    private bool _disposed;

    /// <summary>Predicts with <paramref name="model"/>, which stays the caller's and should be in evaluation mode.</summary>
    public ImagePredictor(IPromptableModel model, ImagePredictorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _options = options ?? new();
        _promptBatch = _options.PromptBatch ?? DefaultPromptBatch(model.Device.type);
        if (_promptBatch < 1)
            throw new ArgumentException($"{nameof(ImagePredictorOptions.PromptBatch)} is {_options.PromptBatch}; it must be at least 1.", nameof(options));
    }

    /// <summary>Reads and encodes an image file; it replaces the images before.</summary>
    /// <exception cref="MediaException">The file can't be read as an image.</exception>
    public void SetImage(string path) => SetImage(ImageFile.Read(path));

    /// <summary>Encodes an image; it replaces the images before.</summary>
    public void SetImage(RgbImage image)
    {
        using var pixels = image.ToTensor();
        SetImage(pixels);
    }

    /// <summary>Encodes an image; it replaces the images before.</summary>
    /// <param name="image"><c>[H, W, 3]</c>, uint8, RGB.</param>
    /// <exception cref="ArgumentException">The image has another shape or type.</exception>
    public void SetImage(Tensor image) => SetImages([image]);

    /// <summary>Encodes several images, of equal or different sizes; they replace the images before.</summary>
    /// <param name="images">Each <c>[H, W, 3]</c>, uint8, RGB.</param>
    /// <exception cref="ArgumentException">There is no image, or one has another shape or type.</exception>
    public void SetImages(IReadOnlyList<Tensor> images)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (images.Count == 0) throw new ArgumentException("Give at least one image.", nameof(images));
        Reset();
        foreach (var image in images)
        {
            // One at a time: on a CPU a batch of images is no faster, and takes its multiple in memory.
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            ImageTransform.RequireRgbBytes(image);
            var placement = new PicturePlacement(_model, (int)image.size(0), (int)image.size(1));
            var input = TensorMemory.Upload(placement.ToModelInput(image), _model.Device);
            _images.Add((_model.EncodePicture(input.unsqueeze(0)).DetachFromDisposeScope(), placement));
        }
    }

    /// <summary>Number of images that are set.</summary>
    public int ImageCount => _images.Count;

    /// <summary>Predicts the masks of one object.</summary>
    /// <inheritdoc cref="Predict(IReadOnlyList{ObjectPrompt}, bool, bool, int)"/>
    public ImagePrediction Predict(ObjectPrompt prompt, bool multimask = true, bool returnLogits = false, int imageIndex = 0) =>
        Predict([prompt], multimask, returnLogits, imageIndex);

    /// <summary>Predicts the masks of several objects, each from its own prompt.</summary>
    /// <param name="prompts">One prompt per object.</param>
    /// <param name="multimask">
    /// Whether to return three masks per object, for prompts that may mean different things, such as a single click; else the
    /// one that is most likely meant.
    /// </param>
    /// <param name="returnLogits">Whether masks are returned as logits instead of binary.</param>
    /// <param name="imageIndex">Which of the images.</param>
    /// <exception cref="InvalidOperationException">No image is set.</exception>
    /// <exception cref="ArgumentException">A prompt is empty, not finite, outside the image or of a wrong shape; the message tells which.</exception>
    /// <exception cref="ModelOutputException">The model gives NaN.</exception>
    public ImagePrediction Predict(IReadOnlyList<ObjectPrompt> prompts, bool multimask = true, bool returnLogits = false, int imageIndex = 0)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var (lowRes, scores) = PredictLowRes(prompts, multimask, imageIndex);
        var cleaned = MaskCleanup.FillHolesAndRemoveSprinkles(
            lowRes, _options.MaxHoleArea, _options.MaxSprinkleArea, _options.MaskThreshold);
        var masks = _images[imageIndex].Placement.Masks(cleaned, _options.MaskThreshold, returnLogits);
        // In place, now that nobody else needs them. Tensors leave the scope when nothing can fail any more.
        var clamped = lowRes.clamp_(Scalars.Of(-32), Scalars.Of(32));
        return new ImagePrediction(masks.DetachFromDisposeScope(), scores.DetachFromDisposeScope(), clamped.DetachFromDisposeScope());
    }

    /// <summary>
    /// <see cref="Predict(IReadOnlyList{ObjectPrompt}, bool, bool, int)"/> without the last steps: logits as the decoder says them,
    /// not cleaned and not brought to the image's size. To be called in inference mode.
    /// </summary>
    /// <returns>Logits <c>[N, M, h, w]</c> and predicted IoUs <c>[N, M]</c>.</returns>
    internal (Tensor Logits, Tensor Scores) PredictLowRes(IReadOnlyList<ObjectPrompt> prompts, bool multimask, int imageIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_images.Count == 0) throw new InvalidOperationException($"No image is set; call {nameof(SetImage)} first.");
        if (imageIndex < 0 || imageIndex >= _images.Count)
            throw new ArgumentOutOfRangeException(nameof(imageIndex), imageIndex, $"There are {_images.Count} images.");
        if (prompts.Count == 0) throw new ArgumentException("Give at least one prompt.", nameof(prompts));
        var (features, placement) = _images[imageIndex];
        foreach (var prompt in prompts) PromptValidation.Check(prompt, placement.Width, placement.Height, _model.MaskInputSize);

        using var scope = NewDisposeScope();
        prompts = [.. prompts.Select(p => p.Mask is null ? p : p with { MaskLogits = placement.ToLogits(p.Mask), Mask = null })];
        var imagePe = _model.DensePositionEncoding();
        Tensor? logits = null, scores = null;
        // Prompts with the same number of tokens can share a batch; padding the others would change their masks slightly.
        foreach (var group in Enumerable.Range(0, prompts.Count).GroupBy(i => (prompts[i].PointCount, prompts[i].Box is null, prompts[i].MaskLogits is null)))
        {
            foreach (var batch in group.Chunk(_promptBatch))
            {
                using var batchScope = NewDisposeScope();
                var decoded = Decode([.. batch.Select(i => prompts[i])], features, placement, imagePe, multimask);
                logits ??= LikeRows(decoded.Masks, prompts.Count).MoveToOuterDisposeScope();
                scores ??= LikeRows(decoded.Ious, prompts.Count).MoveToOuterDisposeScope();
                for (var row = 0; row < batch.Length; row++)
                {
                    logits[batch[row]].copy_(decoded.Masks[row]);
                    scores[batch[row]].copy_(decoded.Ious[row]);
                }
            }
        }
        FiniteNumbers.Require(_model, logits!, scores!);
        return (logits!.MoveToOuterDisposeScope(), scores!.MoveToOuterDisposeScope());

        static Tensor LikeRows(Tensor some, long count) => empty([count, .. some.shape[1..]], some.dtype, some.device);
    }

    /// <summary>Where an image lies in the model's input.</summary>
    internal PicturePlacement Placement(int imageIndex = 0) => _images[imageIndex].Placement;

    /// <summary>Forgets the images.</summary>
    public void Reset()
    {
        foreach (var (features, _) in _images) features.Dispose();
        _images.Clear();
    }

    /// <summary>Frees the images' features; the model stays.</summary>
    public void Dispose()
    {
        Reset();
        _disposed = true;
    }

    /// <summary>Decodes prompts that have equally many points, all of them with a box or none.</summary>
    private MaskDecoderOutput Decode(
        ObjectPrompt[] prompts, ImageFeatures features, PicturePlacement placement, Tensor imagePe, bool multimask)
    {
        var device = _model.Device;
        var points = prompts[0].PointCount;
        PointTensors? clicks = null;
        if (points > 0)
        {
            var (coordinates, labels) = PointArrays(prompts, placement.ScaleX, placement.ScaleY);
            clicks = new(tensor(coordinates, prompts.Length, points, 2).to(device), tensor(labels, prompts.Length, points).to(device))
            {
                HasBox = prompts[0].Box is not null,
            };
        }
        var size = _model.MaskInputSize;
        var masks = prompts[0].MaskLogits is null ? null
            : stack(prompts.Select(p => p.MaskLogits!.to(device).to(float32).reshape(1, size, size)));
        return _model.DecodePrompts(features.Embedding, features.HighRes, clicks, masks, multimask, imagePe);
    }

    private static int DefaultPromptBatch(DeviceType device) => device != DeviceType.CPU ? 64 : OneDnn.IsMklSlow ? 8 : 4;

    /// <summary>Coordinates in pixels of the model's input and labels, row-major; a box's corners come before the points.</summary>
    private static (float[] Coordinates, int[] Labels) PointArrays(ObjectPrompt[] prompts, float scaleX, float scaleY)
    {
        var coordinates = new List<float>();
        var labels = new List<int>();
        foreach (var prompt in prompts)
        {
            if (prompt.Box is { } box)
            {
                coordinates.AddRange([box.X0 * scaleX, box.Y0 * scaleY, box.X1 * scaleX, box.Y1 * scaleY]);
                labels.AddRange([2, 3]);
            }
            foreach (var point in prompt.Points)
            {
                coordinates.AddRange([point.X * scaleX, point.Y * scaleY]);
                labels.Add(point.IsForeground ? 1 : 0);
            }
        }
        return ([.. coordinates], [.. labels]);
    }
}
