using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Prompts;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

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
        var best = masks.shape[1] == 1 ? masks.alias() : model.UpsampleMasks(output.LowResMasks);
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
