namespace Sam2.Torch.Training.Validation;

/// <summary>How objects are given on the first frame of a video.</summary>
public enum VideoPrompt
{
    /// <summary>One click in the middle of the object.</summary>
    Click,

    /// <summary>The true mask.</summary>
    Mask,
}
