namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What the paper leaves open about promptable segmentation of images.</summary>
public sealed record ImageProtocolOptions
{
    /// <summary>The prompt whose masks are stored and give J and F; of masks as prompts there is nothing to measure.</summary>
    public PromptKind Prompt { get; init; } = PromptKind.Click1;

    /// <summary>How many clicks are simulated on every object; RITM's 20.</summary>
    public int Clicks { get; init; } = 20;

    /// <summary>Every how many-th annotated frame of a video is taken as an image.</summary>
    public int FrameStride { get; init; } = 1;

    /// <summary>When the model is asked for three masks, of which it chooses the one it thinks best.</summary>
    public MultimaskUse Multimask { get; init; } = MultimaskUse.FirstClick;
}
