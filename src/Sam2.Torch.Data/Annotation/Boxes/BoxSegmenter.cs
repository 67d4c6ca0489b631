using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>Makes masks from boxes: each box prompts one mask of one object.</summary>
public sealed class BoxSegmenter : IDisposable
{
    /// <summary>Memory that masks at the picture's size may take at a time; a mask takes one byte per pixel, and the float that it is made from four.</summary>
    private const long MaskBytes = 256 << 20;

    private readonly ImagePredictor _predictor;

    /// <summary>Segments with a model, which the caller still owns and which should be in evaluation mode.</summary>
    public BoxSegmenter(IPromptableModel model) => _predictor = new ImagePredictor(model);

    /// <summary>Segments the objects in boxes of a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="boxes">The boxes; what lies outside the picture is cut off.</param>
    /// <param name="cancellationToken">Stops between batches of boxes.</param>
    /// <returns>
    /// The objects with mask, area and box of the mask, category of the box, and the predicted IoU as score, in the order of the
    /// boxes. Boxes that are empty or outside the picture, and those in which the model sees nothing, are left out.
    /// </returns>
    public IReadOnlyList<AnnotatedObject> Segment(RgbImage image, IReadOnlyList<AnnotatedObject> boxes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(boxes);
        var prompts = boxes.Select(box => (box.Category, Prompt: ToPrompt(box.Box, image))).Where(p => p.Prompt is not null).ToList();
        var objects = new List<AnnotatedObject>();
        if (prompts.Count == 0)
        {
            return objects;
        }

        _predictor.SetImage(image);
        try
        {
            int batch = (int)Math.Clamp(MaskBytes / (5L * image.Width * image.Height), 1, 64);
            foreach (var some in prompts.Chunk(batch))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                using var prediction = _predictor.Predict([.. some.Select(p => p.Prompt!)], multimask: false);
                var masks = BinaryMask.FromTensors(prediction.Masks);
                float[] scores = TensorMemory.ToArray<float>(prediction.Scores);
                for (int i = 0; i < some.Length; i++)
                {
                    if (masks[i].Area > 0)
                    {
                        objects.Add(AnnotatedObject.FromMask(CocoRle.Encode(masks[i]), some[i].Category, scores[i]));
                    }
                }
            }
        }
        finally
        {
            _predictor.Reset();
        }

        return objects;
    }

    /// <inheritdoc/>
    public void Dispose() => _predictor.Dispose();

    private static ObjectPrompt? ToPrompt(AnnotationBox box, RgbImage image)
    {
        float x0 = (float)Math.Clamp(box.X, 0, image.Width), x1 = (float)Math.Clamp(box.X + box.Width, 0, image.Width);
        float y0 = (float)Math.Clamp(box.Y, 0, image.Height), y1 = (float)Math.Clamp(box.Y + box.Height, 0, image.Height);
        return x1 > x0 && y1 > y0 ? ObjectPrompt.FromBox(x0, y0, x1, y1) : null;
    }
}
