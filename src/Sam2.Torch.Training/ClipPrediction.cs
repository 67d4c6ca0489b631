using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Prompts;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>The model's predictions for a batch of clips, frame by frame, as losses need them. Owns its tensors.</summary>
/// <param name="Frames">One entry per frame, in the order of the clip.</param>
/// <param name="Plan">Which frames were prompted and corrected.</param>
public sealed record ClipPrediction(IReadOnlyList<FramePrediction> Frames, PromptPlan Plan) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var frame in Frames) frame.Dispose();
    }

    internal ClipPrediction MoveToOuterDisposeScope()
    {
        foreach (var step in Frames.SelectMany(frame => frame.Steps)) step.MoveToOuterDisposeScope();
        return this;
    }
}

/// <summary>The predictions of one frame: the first, and one more after each correction click.</summary>
/// <param name="Steps">At least one; the last is the frame's result.</param>
public sealed record FramePrediction(IReadOnlyList<PredictionStep> Steps) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var step in Steps) step.Dispose();
    }
}

/// <summary>One prediction of the mask decoder for the O objects of a batch.</summary>
/// <param name="Masks">Mask logits at the model's resolution, [O, M, S, S], float32; M is 3 where the decoder offers three masks, else 1.</param>
/// <param name="BestMask">The one of these with the highest predicted IoU, [O, 1, S, S].</param>
/// <param name="Ious">Predicted IoU of each mask, [O, M].</param>
/// <param name="ObjectScores">Logits of the object being visible, [O, 1].</param>
/// <param name="Points">The points that the prediction answers, with those of earlier steps; null for a mask or none.</param>
public sealed record PredictionStep(Tensor Masks, Tensor BestMask, Tensor Ious, Tensor ObjectScores, PointTensors? Points) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in All) tensor.Dispose();
    }

    internal void MoveToOuterDisposeScope()
    {
        foreach (var tensor in All) tensor.MoveToOuterDisposeScope();
    }

    private IEnumerable<Tensor> All => Points is null
        ? [Masks, BestMask, Ious, ObjectScores]
        : [Masks, BestMask, Ious, ObjectScores, Points.Coordinates, Points.Labels];
}

/// <summary>
/// Tracks the objects of a batch of clips, one frame at a time: <see cref="TrackingStep"/> with a simulated user who corrects its
/// results (training/model/sam2.py, <c>forward_tracking</c>).
/// </summary>
internal sealed class ClipTracker(
    Sam2Model model, TrackingStep step, PromptPlan plan, ClipPrompts user, ClipBatch clips, ClipFeatures features,
    MemorySelector selectMemories)
{
    private readonly ClipMemory _memory = new(selectMemories);

    /// <summary>Predicts a frame, corrects it if the plan says so, and remembers it.</summary>
    public FramePrediction Track(int frame, bool becomesConditioning)
    {
        var image = features[frame];
        var prompted = plan.InitialFrames.Contains(frame);
        var masks = clips.Masks[frame].unsqueeze(1);
        var prompt = new StepPrompt(
            IsInitial: prompted,
            prompted && plan.UsePoints ? user.Prompt(masks, plan.BoxFrames.Contains(frame)) : null,
            prompted && !plan.UsePoints ? masks.to(float32) : null);

        var at = new FramePosition(frame, clips.FrameCount);
        var (conditioned, output) = step.Segment(at, image, prompt, _memory);
        var steps = new List<PredictionStep>();
        if (conditioned is null)
        {
            var logits = Sam2Model.MaskAsLogits(prompt.Mask!);
            steps.Add(new(logits, logits.alias(), output.Ious, output.ObjectScores, null));
        }
        else
        {
            steps.Add(Predicted(output, prompt.Points));
            for (var i = 0; plan.CorrectedFrames.Contains(frame) && i < user.Corrections; i++)
            {
                prompt = new(prompted, user.Correct(prompt.Points, masks, steps[^1].BestMask), PreviousLogits: output.LowResMasks);
                output = step.Decode(image, conditioned, prompt);
                steps.Add(Predicted(output, prompt.Points));
            }
        }

        Remember(at, becomesConditioning, image, steps[^1], output);
        return new(steps);
    }

    private PredictionStep Predicted(SamHeadsOutput output, PointTensors? points)
    {
        var masks = model.UpsampleMasks(output.LowResMultimasks);
        var best = masks.size(1) == 1 ? masks.alias() : model.UpsampleMasks(output.LowResMasks);
        return new(masks, best, output.Ious, output.ObjectScores, points);
    }

    private void Remember(FramePosition at, bool conditioning, ImageFeatures image, PredictionStep result, SamHeadsOutput output)
    {
        if (model.Config.NumMaskmem == 0) return;
        // Prompted and corrected frames start the recurrence anew.
        var follows = result.Points is null && !plan.InitialFrames.Contains(at.Frame);
        var memory = step.EncodeMemory(
            image, result.BestMask, result.ObjectScores, model.Config.BinarizeMaskFromPtsForMemEnc && result.Points is not null,
            previous: follows ? [Sam2Model.PreviousMemory(at, _memory)] : [], objectsOfOneFrame: clips.ClipCount == 1);
        _memory.Add(at.Frame, conditioning, new(model.MemoryAsTokens(memory), output.ObjectPointer));
    }

    /// <summary>
    /// The memory bank of a training step: it keeps every frame of the clip, because the backward pass reaches them all. The
    /// tensors belong to the dispose scope they were made in.
    /// </summary>
    private sealed class ClipMemory(MemorySelector select) : IMemoryBank
    {
        private readonly OrderedDictionary<int, FrameMemory> _conditioning = [];
        private readonly Dictionary<int, FrameMemory> _others = [];

        public IReadOnlyCollection<int> ConditioningFrames => _conditioning.Keys;

        public bool HasOther(int frame) => _others.ContainsKey(frame);

        public FrameMemory Conditioning(int frame) => _conditioning[frame];

        public FrameMemory Other(int frame) => _others[frame];

        public MemorySelection Select(Sam2Config config, FramePosition at, bool training) => select(config, at, this, training);

        public void Add(int frame, bool conditioning, FrameMemory memory)
        {
            if (conditioning) _conditioning.Add(frame, memory);
            else _others.Add(frame, memory);
        }
    }
}
