using System.Diagnostics;
using Sam2.Torch.Training.Logging;

namespace Sam2.Torch.Training;

/// <summary>Averages what a log record says over the steps since the last one, and estimates the time left.</summary>
internal sealed class StepMeter
{
    private const double Decay = 0.9;

    private readonly OrderedDictionary<string, double> _losses = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private double _secondsPerStep;
    private double _data;
    private int _batches;
    private int _steps;

    /// <summary>Adds the losses of a batch.</summary>
    public void AddBatch(IReadOnlyDictionary<string, double> losses, double dataSeconds)
    {
        foreach (var (name, loss) in losses.OrderByDescending(loss => loss.Key == LossReport.TotalName))
            _losses[name] = _losses.GetValueOrDefault(name) + loss;
        _data += dataSeconds;
        _batches++;
    }

    /// <summary>A step is over.</summary>
    public void AddStep() => _steps++;

    /// <summary>Leaves out time that is not training, such as validation.</summary>
    public void Pause() => _watch.Stop();

    /// <summary>Goes on after <see cref="Pause"/>.</summary>
    public void Continue() => _watch.Start();

    /// <summary>The record of the steps since the last one.</summary>
    public StepRecord Take(long step, long totalSteps, double learningRate, double gradientNorm, double lossScale)
    {
        var seconds = _watch.Elapsed.TotalSeconds / _steps;
        // Long enough a memory for steady figures, short enough to notice that the machine has become faster or slower.
        _secondsPerStep = _secondsPerStep == 0 ? seconds : Decay * _secondsPerStep + (1 - Decay) * seconds;
        var record = new StepRecord(
            step, totalSteps, [.. _losses.Select(loss => new KeyValuePair<string, double>(loss.Key, loss.Value / _batches))],
            learningRate, gradientNorm, lossScale, seconds, _data / _steps, TimeSpan.FromSeconds(_secondsPerStep * (totalSteps - step)));
        _losses.Clear();
        (_data, _batches, _steps) = (0, 0, 0);
        _watch.Restart();
        return record;
    }
}
