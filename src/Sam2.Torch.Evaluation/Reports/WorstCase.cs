namespace Sam2.Torch.Evaluation.Reports;

/// <summary>A frame on which an object was segmented badly.</summary>
/// <param name="Video">The video or image.</param>
/// <param name="Object">The object's name.</param>
/// <param name="Frame">The frame's name.</param>
/// <param name="J">Region similarity there, in percent.</param>
/// <param name="F">Boundary accuracy there, in percent.</param>
public sealed record WorstCase(string Video, string Object, string Frame, double J, double F);
