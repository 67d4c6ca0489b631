using System.Text.Json.Serialization;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>How well one object was segmented on one frame.</summary>
/// <param name="Frame">The frame's name.</param>
/// <param name="J">Region similarity, 0 to 1.</param>
/// <param name="F">Boundary accuracy, 0 to 1.</param>
/// <param name="TrueArea">Pixels of the true mask; 0 where the object isn't visible.</param>
/// <param name="PredictedArea">Pixels of the predicted mask.</param>
public readonly record struct FrameScore(string Frame, double J, double F, long TrueArea, long PredictedArea)
{
    /// <summary>Whether the object is visible in truth.</summary>
    [JsonIgnore]
    public bool IsVisible => TrueArea > 0;

    /// <summary>Whether the object is visible or anything was predicted for it.</summary>
    [JsonIgnore]
    public bool IsSeen => TrueArea > 0 || PredictedArea > 0;

    /// <summary>The score where there is nothing and nothing was predicted.</summary>
    public static FrameScore Absent(string frame) => new(frame, 1, 1, 0, 0);
}
