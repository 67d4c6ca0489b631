namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What a protocol tells the model of an object at first.</summary>
public enum PromptKind
{
    /// <summary>One click at the object's centre.</summary>
    Click1,

    /// <summary>Three clicks: one at the object's centre, the others where the answer is most wrong.</summary>
    Click3,

    /// <summary>Five clicks: one at the object's centre, the others where the answer is most wrong.</summary>
    Click5,

    /// <summary>The smallest box around the object.</summary>
    Box,

    /// <summary>The true mask.</summary>
    Mask,
}
