using Sam2.Torch.Modeling;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What the paper leaves open about semi-supervised tracking.</summary>
public sealed record SemiSupervisedOptions
{
    /// <summary>What the model is told of an object on the first frame that shows it.</summary>
    public PromptKind Prompt { get; init; } = PromptKind.Mask;

    /// <summary>
    /// Whether a pixel goes to the object with the highest logit only, as in the original's tools/vos_inference.py for data sets whose
    /// pictures hold all objects. Otherwise objects are independent, and where a picture has to hold them all, the lower id is on top.
    /// </summary>
    public bool NonOverlappingMasks { get; init; }

    /// <summary>Holes of at most this area are filled, in pixels of the low-resolution mask. The original's evaluations fill none.</summary>
    public int FillHoleArea { get; init; }
}
