using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// A model that makes masks in a picture from points, boxes and masks: what the predictors of pictures need of one. <see cref="Sam2Model"/>
/// is one, and so is <see cref="SamModel"/>, the first Segment Anything. A model keeps no state between calls.
/// </summary>
public interface IPromptableModel : IDisposable
{
    /// <summary>Side of the square input, in pixels.</summary>
    int ImageSize { get; }

    /// <summary>How a picture that isn't square becomes the input.</summary>
    PictureFit PictureFit { get; }

    /// <summary>Side of a mask prompt, in pixels.</summary>
    int MaskInputSize { get; }

    /// <summary>The device of the weights.</summary>
    Device Device { get; }

    /// <summary>The type of the weights.</summary>
    ScalarType Precision { get; }

    /// <summary>Encodes a picture, once for all prompts.</summary>
    /// <param name="image"><c>[1, 3, S, S]</c>, normalised, S being <see cref="ImageSize"/>.</param>
    /// <returns>What <see cref="DecodePrompts"/> takes. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The image has another shape.</exception>
    ImageFeatures EncodePicture(Tensor image);

    /// <summary>The position encoding of the image embedding, <c>[1, C, H, W]</c>, which is the same for all pictures.</summary>
    Tensor DensePositionEncoding();

    /// <summary>Makes masks from the prompts of B objects.</summary>
    /// <param name="embedding">Image embedding, <c>[1, C, H, W]</c>.</param>
    /// <param name="highRes">Skip connections; null for a model without them.</param>
    /// <param name="points">Points in pixels of the model's input, or null for none.</param>
    /// <param name="masks">Mask logits, <c>[B, 1, h, w]</c>, or null for none.</param>
    /// <param name="multimaskOutput">Whether three masks are predicted for each, or the one that is most likely meant.</param>
    /// <param name="positionEncoding"><see cref="DensePositionEncoding"/>, for callers that decode many prompts; computed when null.</param>
    MaskDecoderOutput DecodePrompts(
        Tensor embedding, HighResFeatures? highRes, PointTensors? points, Tensor? masks, bool multimaskOutput, Tensor? positionEncoding = null);

    /// <summary>The model as a module, for those who want its weights.</summary>
    nn.Module Module { get; }
}

/// <summary>How a picture that isn't square becomes a model's square input.</summary>
public enum PictureFit
{
    /// <summary>It is stretched to the square, as for SAM 2.</summary>
    Stretched,

    /// <summary>
    /// It keeps its proportions: its longer side fits, and what is left at the right or at the bottom is zero, as for the first Segment Anything.
    /// </summary>
    Padded,
}
