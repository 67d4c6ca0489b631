namespace Sam2.Torch.Evaluation.Reports;

/// <summary>What an evaluation cost.</summary>
/// <param name="Frames">Frames that went through the model, as often as they did; of predictions from elsewhere, frames that were scored.</param>
/// <param name="Seconds">The time that took, reading and decoding included; scoring not, where there is a model, and writing not.</param>
/// <param name="PeakMemoryBytes">The largest resident set of the process.</param>
public sealed record ReportSpeed(long Frames, double Seconds, long PeakMemoryBytes)
{
    /// <summary>Frames per second of one job.</summary>
    public double FramesPerSecond => Seconds > 0 ? Frames / Seconds : 0;
}
