namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>When a model is asked for three masks instead of one.</summary>
public enum MultimaskUse
{
    /// <summary>For a single click, which may mean the whole, a part or a part of it, as in the paper.</summary>
    FirstClick,

    /// <summary>For every prompt.</summary>
    Always,

    /// <summary>Never; the oracle then has no choice either.</summary>
    Never,
}
